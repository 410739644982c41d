/* Search, filters, sorting and deep links. The page is whole without it: what this hides it can show again, paper shows everything, and
 * nothing is ever put in as markup. */
"use strict";
const controls = document.getElementById("controls");
const items = Array.from(document.querySelectorAll("[data-kind]"));
const groups = Array.from(document.querySelectorAll(".group, #first, #rows"), (box) => [box, Array.from(box.querySelectorAll("[data-kind]"))]);
const words = new Map(items.map((item) => [item, item.textContent.toLowerCase()]));
const { find, kind, host, row } = controls.elements;

function fill(list, values) {
  for (const value of new Set(values)) if (value) list.add(new Option(value, value));
}

function concerns(item, name) {
  if (item.dataset.from === name || item.dataset.to === name) return true;
  return Array.from(item.querySelectorAll(".edges li"), (edge) => edge.textContent.replace(/[:,;·]/g, " ") + " ").some((edge) => edge.includes(` ${name} `));
}

function matches(item) {
  return find.value.toLowerCase().split(/\s+/).every((word) => words.get(item).includes(word)) && (!kind.value || item.dataset.kind === kind.value) &&
    (!host.value || concerns(item, host.value)) && (!row.value || item.dataset.row === row.value);
}

/* What a link leads to is shown whatever the filters say. */
function filter() {
  const target = document.getElementById(location.hash.slice(1));
  for (const item of items) item.hidden = item !== target && !matches(item);
  for (const [box, inside] of groups) box.classList.toggle("nothing", inside.length > 0 && inside.every((item) => item.hidden));
  const filtered = find.value.trim() || kind.value || host.value || row.value;
  document.getElementById("shown").textContent = filtered ? `${items.filter((item) => !item.hidden).length} of ${items.length} entries shown` : "";
}

function sort(table, column, header) {
  const falling = header.getAttribute("aria-sort") === "ascending";
  const key = (line) => line.cells[column].dataset.sort ?? line.cells[column].textContent;
  const lines = Array.from(table.tBodies[0].rows).sort((a, b) => key(a).localeCompare(key(b), "en", { numeric: true }));
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
fill(host, items.flatMap((item) => [item.dataset.from, item.dataset.to]).sort());
fill(row, items.map((item) => item.dataset.row).sort());
document.documentElement.classList.add("scripted");
controls.hidden = false;
controls.addEventListener("input", filter);
controls.addEventListener("reset", () => setTimeout(filter));
controls.addEventListener("submit", (event) => event.preventDefault());
addEventListener("hashchange", () => {
  filter();
  document.getElementById(location.hash.slice(1))?.scrollIntoView();
});
filter();
