// Filters of the page.  The state stands in the address (#outcome=left&rule=adam), so that a view can be sent on.
// Nothing of a file is ever made into markup here: elements are only shown, hidden and opened.
(() => {
  "use strict";
  const form = document.getElementById("filters");
  const status = document.getElementById("shown");
  const fields = ["outcome", "rule", "code", "file", "q"];
  const files = Array.from(document.querySelectorAll("details.file"), (element) => ({
    element,
    path: element.dataset.path.toLowerCase(),
    items: Array.from(element.querySelectorAll(".item"), (item) => ({
      element: item,
      outcome: item.dataset.outcome,
      rule: item.dataset.rule,
      codes: item.dataset.codes.split(" "),
      text: null,
    })),
  }));
  const groups = Array.from(document.querySelectorAll("section.group"));
  const few = 12;

  // sentences come in the language of the page
  const filled = (text, places) => text.replace(/\{(\w+)\}/g, (_, name) => places[name]);

  const wanted = () => Object.fromEntries(fields.map((name) => [name, form.elements[name].value.trim()]));

  const textOf = (item) => {
    if (item.text === null) item.text = item.element.textContent.toLowerCase();
    return item.text;
  };

  const matches = (item, file, want) =>
    (!want.outcome || item.outcome === want.outcome) &&
    (!want.rule || item.rule === want.rule) &&
    (!want.code || item.codes.includes(want.code)) &&
    (!want.q || textOf(item).includes(want.q.toLowerCase()) || file.path.includes(want.q.toLowerCase()));

  const apply = () => {
    const want = wanted();
    const filtered = fields.some((name) => want[name]);
    const seen = [];
    let items = 0;
    let total = 0;
    for (const file of files) {
      const here = !want.file || file.path.includes(want.file.toLowerCase());
      let matched = 0;
      for (const item of file.items) {
        const visible = here && matches(item, file, want);
        item.element.hidden = !visible;
        if (visible) matched += 1;
      }
      total += file.items.length;
      items += matched;
      file.element.hidden = !here || (matched === 0 && (file.items.length > 0 || filtered));
      if (!file.element.hidden) seen.push(file);
    }
    for (const group of groups) {
      const all = group.querySelectorAll("details.file").length;
      const left = group.querySelectorAll("details.file:not([hidden])").length;
      group.hidden = left === 0;
      group.querySelector(".count").textContent = left === all ? `(${all})` : filled(status.dataset.some, { left, all });
    }
    if (filtered && seen.length <= few) for (const file of seen) file.element.open = true;
    status.textContent = filled(status.dataset.all, { items, total, shown: seen.length, files: files.length });
    return want;
  };

  const remember = () => {
    const want = apply();
    const said = new URLSearchParams(fields.filter((name) => want[name]).map((name) => [name, want[name]]));
    history.replaceState(null, "", said.size ? `#${said}` : "#files");
  };

  const follow = () => {
    const hash = location.hash.slice(1);
    if (hash.includes("=")) {
      const said = new URLSearchParams(hash);
      for (const name of fields) {
        form.elements[name].value = said.get(name) || "";
        if (form.elements[name].selectedIndex === -1) form.elements[name].value = "";
      }
      apply();
      document.getElementById("files").scrollIntoView();
      return;
    }
    const target = hash && document.getElementById(hash);
    const file = target && target.closest("details.file");
    if (!file) return;
    if (target.hidden || file.hidden) {
      form.reset();
      apply();
    }
    file.open = true;
    target.scrollIntoView();
  };

  const openAll = (open) => {
    for (const file of files) if (!file.element.hidden) file.element.open = open;
  };

  let waiting = 0;
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(remember, 120);
  });
  form.addEventListener("reset", () => setTimeout(remember));
  form.addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("unfold").addEventListener("click", () => openAll(true));
  document.getElementById("fold").addEventListener("click", () => openAll(false));
  addEventListener("hashchange", follow);
  addEventListener("beforeprint", () => openAll(true));
  form.hidden = false;
  apply();
  follow();
})();
