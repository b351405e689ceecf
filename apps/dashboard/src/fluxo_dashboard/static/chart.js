// The line of closing balances; the table beside it holds the same figures for who cannot see it.
(() => {
  const draw = () => {
    for (const place of document.querySelectorAll(".chart")) {
      place.replaceChildren();
      const days = place.dataset.days.split(" ").map((day) => Date.parse(day) / 1000);
      const closing = place.dataset.closing.split(" ").map(Number); // pixels, not money
      const { locale, currency } = place.dataset;
      const whole = new Intl.NumberFormat(locale, { notation: "compact" });
      const exact = new Intl.NumberFormat(locale, { style: "currency", currency });
      const date = new Intl.DateTimeFormat(locale, { timeZone: "UTC", day: "2-digit", month: "2-digit" });
      const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name);
      const lines = { stroke: colour("--fluxo-grid"), width: 1 };
      const axis = () => ({ stroke: colour("--fluxo-text"), grid: lines, ticks: lines });
      new uPlot({
        width: place.clientWidth,
        height: 180,
        tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "UTC"),
        legend: { live: true },
        series: [
          { label: place.dataset.dayLabel, value: (_, at) => (at == null ? "" : date.format(at * 1000)) },
          { label: place.dataset.label, stroke: colour("--fluxo-line"), width: 2, value: (_, at) => (at == null ? "" : exact.format(at)) },
        ],
        axes: [
          { ...axis(), values: (_, ats) => ats.map((at) => date.format(at * 1000)) },
          { ...axis(), size: 60, values: (_, ats) => ats.map((at) => whole.format(at)) },
        ],
      }, [days, closing], place);
    }
  };
  document.addEventListener("htmx:after:swap", draw);
  addEventListener("fluxo:theme", draw);
  addEventListener("resize", draw);
  draw();
})();
