// Searches while one types: the same form, sent by itself and shown in place.

const PAUSE = 250; // ms after the last key

export function searchAsTyped(live) {
  const form = document.querySelector("form[role=search]");
  if (!form) return;
  let timer = 0;
  const search = () => {
    clearTimeout(timer);
    const fields = [...new FormData(form)].filter(([, value]) => value);
    const query = new URLSearchParams(fields).toString();
    live.show(query ? `${form.action}?${query}` : form.action);
  };
  for (const field of form.querySelectorAll("[data-search]")) {
    const event = field.nodeName === "SELECT" ? "change" : "input";
    field.addEventListener(event, () => {
      clearTimeout(timer);
      timer = setTimeout(search, PAUSE);
    });
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    search();
  });
  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.nodeName);
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      form.querySelector("input[type=search]").focus();
    }
  });
}
