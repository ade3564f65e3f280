// Buttons that copy a field, shown only where this script runs.
for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const field = document.getElementById(button.dataset.copy);
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      return; // not allowed here: the address is selected, to be copied by hand
    }
    button.firstChild.textContent = button.dataset.copied;
    document.getElementById("announcement").textContent = button.dataset.copied;
  });
}
