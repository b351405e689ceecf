// What is typed into a form with `data-draft` stays in this browser until the form was recorded.
(() => {
  const { merchant } = document.querySelector("[data-merchant]").dataset;
  const placeOf = (name) => `fluxo-draft-${merchant}-${name}`; // whoever signs in next may be another merchant
  const place = (form) => placeOf(form.dataset.draft);
  const restore = (form) => {
    const kept = JSON.parse(localStorage.getItem(place(form)) ?? "null");
    if (!kept || form.querySelector("[aria-invalid]")) return;
    for (const [name, value] of Object.entries(kept)) {
      for (const field of form.elements[name]?.length ? form.elements[name] : [form.elements[name]]) {
        if (!field) continue;
        if (field.type === "radio") field.checked = field.value === value;
        else field.value = value;
      }
    }
  };
  addEventListener("input", (event) => {
    const form = event.target.closest("form[data-draft]");
    if (!form) return;
    const typed = new FormData(form);
    typed.delete("form_token"); // belongs to the session, which may be another one tomorrow
    const date = form.elements.business_date;
    if (date?.value === date?.dataset.today) typed.delete("business_date"); // nobody chose it: tomorrow it is another
    localStorage.setItem(place(form), JSON.stringify(Object.fromEntries(typed)));
  });
  const notice = (name, shown) => {
    const element = document.querySelector(`[data-notice="${name}"]`);
    if (element) element.hidden = !shown;
  };
  document.addEventListener("htmx:after:swap", () => {
    for (const form of document.querySelectorAll("form[data-draft]")) {
      const saved = form.querySelector('[data-saved=""]');
      if (saved) {
        saved.dataset.saved = "noted"; // what is typed from now on is another draft
        localStorage.removeItem(place(form));
        notice("not-saved", false);
      }
    }
  });
  const sayOfForms = (name) => (event) => {
    if (event.target.closest?.("form[data-draft]")) notice(name, true);
  };
  document.addEventListener("htmx:error", sayOfForms("not-saved"));
  document.addEventListener("fluxo:unavailable", sayOfForms("not-saved"));
  document.addEventListener("fluxo:outdated", () => notice("outdated", true));
  document.addEventListener("fluxo:signed-out", () => notice("signed-out", true));
  // A page that shows what was recorded: of another form, which is gone.
  for (const { dataset } of document.querySelectorAll("[data-recorded]")) {
    localStorage.removeItem(placeOf(dataset.recorded));
  }
  for (const form of document.querySelectorAll("form[data-draft]")) restore(form);
})();
