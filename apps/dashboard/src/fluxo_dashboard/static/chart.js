// The line of closing balances, or bars of money in (up) and out (down); the table beside it holds the same figures.
(() => {
  const numbers = (text) => text.split(" ").map(Number); // pixels, not money
  const bar = (number) => number || null; // none where there is nothing, not a thin one
  const draw = () => {
    for (const place of document.querySelectorAll(".chart")) {
      place.replaceChildren();
      const days = place.dataset.days.split(" ").map((day) => Date.parse(day) / 1000);
      const { locale, currency, unit } = place.dataset;
      const whole = new Intl.NumberFormat(locale, { notation: "compact" });
      const exact = new Intl.NumberFormat(locale, { style: "currency", currency });
      const date = new Intl.DateTimeFormat(locale, { timeZone: "UTC", ...(unit === "month" ? { month: "short" } : { day: "2-digit", month: "2-digit" }) });
      const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name);
      const lines = { stroke: colour("--fluxo-grid"), width: 1 };
      const axis = () => ({ stroke: colour("--fluxo-text"), grid: lines, ticks: lines });
      const said = (write) => (plot, _, of, at) => write(plot.data[of][at ?? days.length - 1]); // the last, until one is pointed at
      const bars = (label, name) => ({ label, value: said((amount) => exact.format(Math.abs(amount))), stroke: colour(name), fill: colour(name), points: { show: false }, paths: uPlot.paths.bars({ size: [0.7, 32] }) });
      const line = (label) => ({ label, stroke: colour("--fluxo-line"), width: 2, value: said((amount) => exact.format(amount)) });
      const isBars = "in" in place.dataset;
      const series = isBars
        ? [bars(place.dataset.inLabel, "--fluxo-in"), bars(place.dataset.outLabel, "--fluxo-out")]
        : [line(place.dataset.label)];
      const figures = isBars
        ? [numbers(place.dataset.in).map(bar), numbers(place.dataset.out).map((out) => bar(-out))]
        : [numbers(place.dataset.closing)];
      const pointed = place.plot?.cursor; // by a mouse that rests while an entry comes
      const half = (unit === "month" ? 31 : 1) * 43_200;
      const every = Math.ceil((days.length * 50) / (place.clientWidth - 60)); // so many bars have room for one name
      place.plot = new uPlot({
        width: place.clientWidth,
        height: 180,
        tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "UTC"),
        scales: isBars ? { x: { range: (_, first, last) => [first - half, last + half] } } : {},
        series: [
          { label: place.dataset.dayLabel, value: said((day) => date.format(day * 1000)) },
          ...series,
        ],
        axes: [
          {
            ...axis(),
            values: (_, ats) => ats.map((at) => date.format(at * 1000)),
            ...(isBars && { splits: days.filter((_, at) => at % every === 0) }),
          },
          { ...axis(), size: 60, values: (_, ats) => ats.map((at) => whole.format(isBars ? Math.abs(at) : at)) },
        ],
      }, [days, ...figures], place);
      if (pointed?.left >= 0) place.plot.setCursor({ left: pointed.left, top: pointed.top });
    }
  };
  document.addEventListener("htmx:after:swap", draw);
  addEventListener("fluxo:theme", draw);
  addEventListener("resize", draw);
  draw();
})();
