// Notifications on this device, in the settings. The browser is asked when the button is pressed.
const push = document.getElementById("push");
if (push) begin();

async function begin() {
  show();
  if (!("serviceWorker" in navigator && "PushManager" in window && "Notification" in window)) {
    show("unsupported");
    return;
  }
  push.querySelector("form").addEventListener("submit", turnOn);
  const registration = await navigator.serviceWorker.getRegistration(push.dataset.worker);
  const subscription = await registration?.pushManager.getSubscription();
  const rows = [...document.querySelectorAll("[data-device]")];
  const row = rows.find((one) => one.dataset.device === subscription?.endpoint);
  if (row) {
    row.querySelector("[data-this]").hidden = false;
    show("on");
  } else {
    show(Notification.permission === "denied" ? "blocked" : "off");
  }
}

function show(...names) {
  for (const part of push.querySelectorAll("[data-push]")) {
    part.hidden = !names.includes(part.dataset.push);
  }
}

async function turnOn(event) {
  event.preventDefault();
  const form = event.target;
  show("off");
  const answer = await Notification.requestPermission();
  if (answer !== "granted") {
    show(answer === "denied" ? "blocked" : "off");
    return;
  }
  try {
    const { endpoint, keys } = (await subscribe()).toJSON();
    form.elements.endpoint.value = endpoint;
    form.elements.p256dh.value = keys.p256dh;
    form.elements.auth.value = keys.auth;
    form.submit();
  } catch {
    show("off", "failed");
  }
}

async function subscribe() {
  await navigator.serviceWorker.register(push.dataset.worker);
  const { pushManager } = await navigator.serviceWorker.ready;
  const options = { userVisibleOnly: true, applicationServerKey: push.dataset.key };
  try {
    return await pushManager.subscribe(options);
  } catch (error) {
    if (error.name !== "InvalidStateError") throw error;
    // There is one that was made with an earlier key of ours.
    await (await pushManager.getSubscription()).unsubscribe();
    return pushManager.subscribe(options);
  }
}
