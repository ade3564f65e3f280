// Staff pages by keyboard: j and k move in a list, other keys press or focus what they are named at.
// Without this all works by Tab and Enter.
(() => {
  const links = [...document.querySelectorAll("#list-by-keys tbody a")];
  const typing = (target) => target.closest("input, textarea, select, [contenteditable]");
  // Single keys can be turned off, for who speaks to the browser (WCAG 2.1.4).
  const choice = document.getElementById("keys");
  choice.checked = localStorage.getItem("keys") !== "off";
  choice.closest("[hidden]").hidden = false;
  choice.addEventListener("change", () => {
    localStorage.setItem("keys", choice.checked ? "on" : "off");
  });
  document.addEventListener("keydown", (event) => {
    if (!choice.checked || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" && event.target.matches("select[data-key]")) {
      event.preventDefault();
      event.target.form.requestSubmit(); // as in a line of text
    }
    if (typing(event.target)) return;
    if (event.key === "j" || event.key === "k") {
      const at = links.indexOf(document.activeElement);
      const to = links[at === -1 ? 0 : at + (event.key === "j" ? 1 : -1)];
      if (to) to.focus();
    }
    const pressed = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (pressed) {
      event.preventDefault();
      if (pressed.matches("button, a")) pressed.click();
      else pressed.focus();
      if (pressed.matches("input:not([type]), textarea")) {
        pressed.setSelectionRange(pressed.value.length, pressed.value.length); // to write on
      }
    }
  });
})();
