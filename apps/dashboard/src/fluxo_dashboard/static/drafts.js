// What is typed into a form with `data-draft` stays in this browser until the form was recorded.
(() => {
  const { merchant } = document.querySelector("[data-merchant]").dataset;
  const placeOf = (name) => `fluxo-draft-${merchant}-${name}`; // whoever signs in next may be another merchant
  const place = (form) => placeOf(form.dataset.draft);
  const fill = (form, kept) => {
    for (const [name, value] of Object.entries(kept)) {
      for (const field of form.elements[name]?.length ? form.elements[name] : [form.elements[name]]) {
        if (!field) continue;
        if (field.type === "radio") field.checked = field.value === value;
        else field.value = value;
      }
    }
  };
  const restore = (form) => {
    const kept = JSON.parse(localStorage.getItem(place(form)) ?? "null");
    if (kept && !form.querySelector("[aria-invalid]")) fill(form, kept);
  };
  const keep = (form) => {
    const typed = new FormData(form);
    typed.delete("form_token"); // belongs to the session, which may be another one tomorrow
    const date = form.elements.business_date;
    if (date?.value === date?.dataset.today) typed.delete("business_date"); // nobody chose it: tomorrow it is another
    localStorage.setItem(place(form), JSON.stringify(Object.fromEntries(typed)));
  };
  addEventListener("input", (event) => {
    const form = event.target.closest("form[data-draft]");
    if (form) keep(form);
  });
  const notice = (name, shown) => {
    const element = document.querySelector(`[data-notice="${name}"]`);
    if (element) element.hidden = !shown;
  };
  // The answer brings a form of its own. What was typed while it was under way goes over into that one.
  let sent = null;
  document.addEventListener("htmx:before:request", ({ detail }) => {
    const form = detail.ctx.sourceElement;
    if (form.matches("form[data-draft]")) sent = { form, draft: localStorage.getItem(place(form)) };
  });
  document.addEventListener("htmx:after:swap", () => {
    const form = sent && !sent.form.isConnected && document.getElementById(sent.form.id);
    if (!form) return;
    const isSaved = form.querySelector("[data-saved]");
    const draft = localStorage.getItem(place(form));
    if (isSaved && draft === sent.draft) {
      localStorage.removeItem(place(form));
    } else if (draft) {
      const { key, ...typed } = JSON.parse(draft);
      if (draft !== sent.draft) fill(form, typed);
      keep(form); // under the key of this form: the server gives another one where the entry is another
    }
    if (isSaved) notice("not-saved", false);
    sent = null;
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
