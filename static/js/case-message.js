// A text to begin a case's message with, put below what is typed; without this the server does it.
(() => {
  const begin = document.getElementById("begin-with");
  if (begin) {
    begin.addEventListener("click", (event) => {
      event.preventDefault();
      const chosen = document.getElementById("template").selectedOptions[0].dataset.text;
      const text = document.getElementById("id_message");
      text.value = [text.value.trim(), chosen].filter(Boolean).join("\n\n");
      text.focus();
    });
  }
})();
