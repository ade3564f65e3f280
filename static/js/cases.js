// The queue and a case by keyboard. Without this all works by Tab and Enter.
(() => {
  const links = [...document.querySelectorAll("#case-list tbody a")];
  const typing = (target) => target.closest("input, textarea, select, [contenteditable]");
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
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
    }
  });
  // A text to begin with, put into the message.
  const choice = document.getElementById("template");
  if (choice) {
    choice.addEventListener("change", () => {
      const text = document.getElementById("id_message");
      if (choice.value && text) text.value = choice.value;
    });
  }
})();
