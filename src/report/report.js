/* Search, filters, order and deep links. The page is whole without it: what this hides or moves it can show and put back again, paper shows
 * everything, and nothing is ever put in as markup. */
"use strict";
const controls = document.getElementById("controls"), ordered = document.getElementById("ordered"), { find, kind, host, row, order } = controls.elements;
const items = Array.from(document.querySelectorAll("[data-kind]"));
const findings = Array.from(document.querySelectorAll("article.finding"), (node) => ({ node, home: node.parentElement, about: node.dataset }));
const groups = Array.from(document.querySelectorAll(".group, #first, #rows"), (box) => [box, Array.from(box.querySelectorAll("[data-kind]"))]);
const words = new Map(), compare = new Intl.Collator("en", { numeric: true }).compare;
const orders = { /* of two findings, by what their attributes say; those that say nothing come last */
  first: (a, b) => (a.first ?? 1e15) - (b.first ?? 1e15),
  host: (a, b) => compare(a.from ?? "\uffff", b.from ?? "\uffff") || compare(a.to ?? "\uffff", b.to ?? "\uffff"),
  row: (a, b) => compare(a.row ?? "\uffff", b.row ?? "\uffff"),
  packets: (a, b) => (b.packets ?? -1) - (a.packets ?? -1),
};
let waiting;

function fill(list, values) {
  for (const value of new Set(values)) if (value) list.add(new Option(value, value));
}

function contains(item, parts) {
  if (!words.has(item)) words.set(item, item.textContent.toLowerCase());
  return parts.every((part) => words.get(item).includes(part));
}

function concerns(item, name) {
  if (item.dataset.from === name || item.dataset.to === name) return true; /* else a row of the list, by its edges */
  return Array.from(item.querySelectorAll(".edges li"), (edge) => edge.textContent.replace(/[:,;·]/g, " ") + " ").some((edge) => edge.includes(` ${name} `));
}

/* What a link leads to is shown whatever the filters say. */
function filter() {
  const target = document.getElementById(location.hash.slice(1)), parts = find.value.toLowerCase().split(/\s+/).filter(Boolean);
  const matches = (item) => (!kind.value || item.dataset.kind === kind.value) && (!row.value || item.dataset.row === row.value) &&
    (!host.value || concerns(item, host.value)) && contains(item, parts);
  let shown = 0;
  for (const item of items) {
    const hidden = item !== target && !matches(item);
    if (item.hidden !== hidden) item.hidden = hidden;
    shown += !hidden;
  }
  for (const [box, inside] of groups) box.classList.toggle("nothing", inside.length > 0 && inside.every((item) => item.hidden));
  document.getElementById("shown").textContent = parts.length || kind.value || host.value || row.value ? `${shown} of ${items.length} entries shown` : "";
}

/* In any order but that of severity, which is the page's, all findings stand in one section. */
function arrange() {
  if (!order) return; /* not on a page without findings */
  const by = orders[order.value];
  for (const { node, home } of by ? findings.toSorted((a, b) => by(a.about, b.about)) : findings) (by ? ordered.lastElementChild : home).append(node);
  document.documentElement.classList.toggle("arranged", Boolean(by));
  ordered.hidden = !by;
  ordered.querySelector("h2").textContent = `Findings by ${order.selectedOptions[0].text}`;
  ordered.querySelector(".note").hidden = !document.querySelector(".more");
}

function follow() {
  const target = document.getElementById(location.hash.slice(1));
  filter();
  if (order && target && !target.checkVisibility()) order.value = "", arrange();
  target?.scrollIntoView();
}

function sort(table, column, header) {
  const falling = header.getAttribute("aria-sort") === "ascending";
  const key = (line) => line.cells[column].dataset.sort ?? line.cells[column].textContent;
  const lines = Array.from(table.tBodies[0].rows).sort((a, b) => compare(key(a), key(b)));
  table.tBodies[0].append(...(falling ? lines.reverse() : lines));
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", falling ? "descending" : "ascending");
}

for (const table of document.querySelectorAll("table.sortable"))
  Array.from(table.tHead.rows[0].cells).forEach((header, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...header.childNodes);
    button.addEventListener("click", () => sort(table, column, header));
    header.append(button);
  });

fill(kind, items.map((item) => item.dataset.kind));
fill(host, items.flatMap((item) => [item.dataset.from, item.dataset.to]).sort(compare));
fill(row, items.map((item) => item.dataset.row).sort(compare));
document.documentElement.classList.add("scripted");
controls.hidden = false;
controls.addEventListener("input", (event) => {
  clearTimeout(waiting);
  if (event.target === order) arrange();
  else waiting = setTimeout(filter, event.target === find ? 150 : 0); /* not at every key of a word */
});
controls.addEventListener("reset", () => setTimeout(() => (arrange(), filter())));
controls.addEventListener("submit", (event) => event.preventDefault());
addEventListener("hashchange", follow);
if (location.hash) follow();
