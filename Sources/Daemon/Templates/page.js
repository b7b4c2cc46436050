// Keeps a page up to date: reads it again at each change, and puts in what differs. It works without, too.
"use strict";
const page = document.body.dataset;
const [news, away, notice] = ["news", "away", "notice"].map((id) => document.getElementById(id));
if (frameElement) away.role = null; // The page around it is of the same service, and says it too.
const place = ({ pathname, search }) => pathname + search;
let [visits, isStale, reading, typedAt, readAt, shown] = [0, false, null, -900, 0, place(location)];
// Makes an element like another one, in place.
function morph(old, fresh) {
  if (old.matches(".new") && old.getAnimations({ subtree: true }).length) fresh.classList.add("new");
  if (old.isEqualNode(fresh) || isInUse(old)) return;
  for (const { name, value } of fresh.attributes)
    if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  for (const { name } of [...old.attributes])
    if (!fresh.hasAttribute(name) && name !== "open" && name !== "aria-busy") old.removeAttribute(name);
  if (old.matches("textarea")) old.defaultValue = fresh.defaultValue;
  else if (!old.matches("iframe")) morphChildren(old, fresh);
}
// Children with an id are the same by their id, the others by their place. What stays is not moved.
function morphChildren(old, fresh) {
  const ids = new Set([...fresh.children].map((child) => child.id));
  const dropped = (node) => [node.nextSibling, node.remove()][0];
  let next = old.firstChild;
  for (const child of [...fresh.childNodes]) {
    while (next?.data && child.id || next?.id && !ids.has(next.id)) next = dropped(next);
    const same = child.id ? [...old.children].find((each) => each.id === child.id)
      : next && !next.id && next.nodeName === child.nodeName ? next : null;
    if (child.id && !same) child.classList.add("new");
    if (same && same === next) next = next.nextSibling;
    else old.insertBefore(same ?? child, next);
    if (same?.nodeType === Node.ELEMENT_NODE) morph(same, child);
    else if (same && same.data !== child.data) same.data = child.data;
  }
  while (next) next = dropped(next);
}
// A form with typed text or a refusal is kept until it is sent, a frame always, an output while one types.
function isInUse(node) {
  if (node.matches("output") ? readAt - typedAt < 900 : node.matches(".frame")) return true;
  if (node.form?.dataset.keep && !node.form.contains(node)) return true;
  return node.matches("form[data-keep]") && (node.dataset.keep || node.contains(document.activeElement)
    || [...node.elements].some((field) => field.type === "checkbox"
      ? field.checked !== field.defaultChecked
      : field.type !== "hidden" && field.value !== (field.defaultValue ?? field.value)));
}
// Times are shown as ages, a due one by the time until then, and exactly to a pointer.
function showAges(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    const [date, isDue] = [new Date(time.dateTime), time.matches(".due")];
    const seconds = Math.round((Date.now() - date) / (isDue ? -1000 : 1000));
    const span = seconds < 60 ? `${seconds} s` : seconds < 3600 ? `${Math.floor(seconds / 60)} min`
      : `${Math.floor(seconds / 3600)} h`;
    time.title = `${date.toLocaleString()} (${time.dateTime})`;
    time.textContent = seconds < (isDue ? 1 : 5) ? "now" : seconds >= 86400 ? date.toLocaleDateString()
      : isDue ? `in ${span}` : `${span} ago`;
  }
}
// A new line of the news is announced to a screen reader once: in a frame by the page around it, if it can.
function show(fresh, isChange) {
  showAges(fresh);
  [document.title, document.body.className] = [fresh.title, fresh.body.className];
  const [known, lines] = [page, fresh.body.dataset].map((each) => each.news.split("\n"));
  const unsaid = lines.filter((line) => !known.includes(line)).join(" ");
  page.news = fresh.body.dataset.news;
  if (unsaid && isChange && (parent === self || !page.quiet)) news.textContent = unsaid;
  for (const name of ["header", "main"]) morph(document.querySelector(name), fresh.querySelector(name));
}
// A refusal outside of a form stays until the next visit; where there is a draft, the server decides.
function keepRefusal(fresh) {
  const [old, main] = [document, fresh].map((each) => each.getElementById("main"));
  const refusal = old.querySelector(":scope:not(:has([data-draft])) > :is(#refusal, #refused)");
  if (refusal && !fresh.getElementById(refusal.id))
    main.insertBefore(refusal.cloneNode(true), main.children[[...old.children].indexOf(refusal)]);
  return fresh;
}
const warn = (text) => Object.assign(notice, { textContent: text, hidden: !text });
// Reads a page, or sends a form, and shows the answer: another page from its top.
async function visit(address, body, sent) {
  const number = ++visits;
  shown = place(location);
  const fresh = await read(address, body, !body);
  if (!fresh || number !== visits) return;
  visits += 1; // A refresh that began before this is of the page before it.
  const problem = body && fresh.page.getElementById("problem");
  warn(problem ? problem.textContent.trim() : "");
  if (problem) return;
  const url = fresh.answer.url + (body ? "" : new URL(address, location.href).hash);
  const isElsewhere = fresh.answer.redirected && new URL(url).pathname !== location.pathname;
  const isOther = body ? isElsewhere : address !== location; // Back finds the position as it was.
  if ((!body || fresh.answer.redirected) && url !== location.href) history.pushState(null, "", url);
  shown = place(location);
  document.activeElement?.blur();
  for (const form of sent ? [sent] : document.forms) { form.reset(); delete form.dataset.keep; }
  show(fresh.page, body);
  const target = !body && document.getElementById(location.hash.slice(1));
  if (target) return target.focus(target.scrollIntoView());
  if (isOther) { document.getElementById("main").focus(); scrollTo(0, 0); }
  document.querySelector("main [aria-invalid=true], main [autofocus]")?.focus();
}
async function read(address, body, isLink) {
  try {
    const [method, signal] = [body ? "POST" : "GET", AbortSignal.timeout(15000)];
    const answer = await fetch(address, { method, body, signal, headers: { Accept: "text/html" } });
    const isPage = answer.headers.get("Content-Type")?.startsWith("text/html");
    if (!isPage && isLink && answer.ok) return location.assign(answer.url);
    if (!isPage) throw answer;
    away.hidden = answer.status < 500;
    return { answer, page: new DOMParser().parseFromString(await answer.text(), "text/html") };
  } catch {
    away.hidden = false;
    if (body) warn("There was no answer, and it may have been done: look at the page, or send it again.");
  }
}
addEventListener("submit", async (event) => {
  event.preventDefault();
  const [form, button] = [event.target, event.submitter];
  if (form.ariaBusy) return;
  form.ariaBusy = "true";
  const action = button?.getAttribute("formaction") ?? form.getAttribute("action") ?? "";
  const [address, fields] = [new URL(action, location.href), new URLSearchParams(new FormData(form, button))];
  if (form.method === "get") address.search = fields;
  await visit(address, form.method === "get" ? null : fields, form).finally(() => { form.ariaBusy = null; });
});
addEventListener("click", (event) => {
  const control = event.target.closest("[data-copy]");
  if (control) copy(control.dataset.copy, control.previousElementSibling);
  const link = event.target.closest("a[href]");
  if (!link || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  if (link.target || link.hasAttribute("download") || link.origin !== location.origin) return;
  if (link.hash && place(link) === place(location)) return;
  event.preventDefault(visit(link.href));
});
// Copies by the selection: plain HTTP from another machine, and a frame, have no other clipboard.
function copy(text, shown) {
  getSelection().selectAllChildren(shown);
  document.oncopy = (event) => event.preventDefault(event.clipboardData.setData("text/plain", text));
  if (document.execCommand("copy")) news.textContent = `Copied ${text}`;
  document.oncopy = null;
}
// A key presses the control that names it, outside of fields.
addEventListener("keydown", (event) => {
  const isTyped = event.target.matches("input:not([type=checkbox]), select, textarea");
  if (isTyped || event.ctrlKey || event.metaKey || event.altKey) return;
  const control = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (control) event.preventDefault(control.focus());
  if (control?.matches("a, button, [type=checkbox]")) control.click();
});
// Reads the page again with what is typed in its draft: one reading at a time, four in a second.
function refresh() {
  isStale = true;
  reading ??= (async () => {
    for (; isStale; await new Promise((done) => setTimeout(done, 250))) {
      [isStale, readAt] = [false, Date.now()];
      const [number, address] = [visits, new URL(location.href)];
      for (const form of document.querySelectorAll("form[data-draft]"))
        new FormData(form).forEach((value, name) => address.searchParams.set(name, value));
      const fresh = await read(address);
      if (number !== visits) isStale = true; else if (fresh?.answer.ok) show(keepRefusal(fresh.page), true);
    }
    reading = null;
  })();
}
addEventListener("popstate", () => place(location) !== shown && visit(location)); // Not for a hash alone.
addEventListener("input", ({ target }) => {
  if (!target.closest("form[data-draft]")) return;
  typedAt = Date.now();
  for (const pause of [0, 1000]) setTimeout(refresh, pause);
});
// One tab reads the stream for all tabs of the service: a browser has six connections for them.
function follow() {
  const channel = new BroadcastChannel("changes");
  channel.onmessage = ({ data }) => { away.hidden = data !== "away"; if (data !== "away") refresh(); };
  const share = (data) => { channel.onmessage({ data }); channel.postMessage(data); };
  const connect = () => {
    const source = new EventSource("/api/stream" + (page.stream ? `?after=${page.stream}` : ""));
    for (const name of ["open", "changed"]) source.addEventListener(name, () => share("changed"));
    source.onerror = () => { share("away"); if (source.readyState === 2) setTimeout(connect, 2000); };
  };
  navigator.locks?.request("changes", () => new Promise(connect)) ?? connect();
  refresh(); // The tab with the stream may know of a change that is not on this page.
}
// A frame is hidden, and loaded again, until its page answers with its height, and at each change of it.
const report = () => parent.postMessage(document.body.offsetHeight, "*");
function ask(frame) {
  frame.isAway = true;
  frame.contentWindow?.postMessage("ask", "*");
  setTimeout(() => { frame.hidden = frame.isAway; }, 700);
  setTimeout(() => { if (frame.isAway) frame.src = frame.src; }, 2000);
}
addEventListener("message", ({ source, data }) => {
  if (data === "ask" && source === parent) report();
  const frame = [...document.querySelectorAll("iframe")].find((each) => each.contentWindow === source);
  if (frame) [frame.isAway, frame.hidden, frame.height] = [false, false, data || frame.height];
});
document.addEventListener("load", ({ target }) => { if (target.matches("iframe")) ask(target); }, true);
document.querySelectorAll("iframe").forEach(ask);
if (parent !== self) new ResizeObserver(report).observe(document.body);
showAges(document); // Ages change without an event.
setInterval(() => document.querySelector("[data-timed]") ? refresh() : showAges(document), 5000);
follow();
