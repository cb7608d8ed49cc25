"use strict";
// Taxonomies and rows to look into. Texts are put into the page as text nodes alone, so none is ever read as markup.
const data = JSON.parse(document.getElementById("data").textContent);
const LOT = 20; // rows drawn at a time

const part = (name) => document.getElementById(name);
const count = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
const percent = (share) => `${(100 * share).toFixed(1)} %`;

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

// A text of a model's: its own direction, whatever stands around it.
const text = (tag, said, kind = "") => element(tag, { dir: "auto", class: kind }, said);

// Nodes by number, depth first; those below a node have the numbers from its own to its end.
function numbered(tree) {
  const nodes = [];
  const visit = ([name, about, children], above) => {
    const node = { name, about, above, number: nodes.length };
    nodes.push(node);
    node.children = children.map((child) => visit(child, node));
    node.end = nodes.length;
    return node;
  };
  return { roots: tree.factors.map((factor) => visit(factor, null)), nodes };
}

// The sums of no, one, two, … of the numbers from the first on.
function sums(numbers) {
  const found = [0];
  for (const number of numbers) found.push(found.at(-1) + number);
  return found;
}

// Of a data set at a node: rows at it or below it, nodes below it, and those of them with a row.
function coverage(set, node) {
  const within = (found, from) => found[node.end] - found[from];
  return {
    rows: within(set.drawnSums, node.number),
    reached: within(set.reachedSums, node.number + 1),
    below: node.end - node.number - 1,
    assigned: set.assigned?.below[node.number],
  };
}

const trees = data.trees.map(numbered);
for (const set of data.sets) {
  if (set.tree === undefined) continue;
  set.drawnSums = sums(set.drawn);
  set.reachedSums = sums(trees[set.tree].nodes.map((node) => Number(coverage({ ...set, reachedSums: [] }, node).rows > 0)));
}

for (const row of data.rows) row.words = [row.text, row.reason, row.story].flat(4).join("\n").toLocaleLowerCase();

const chosen = { node: null, shown: LOT };
const set = () => data.sets[part("set").value];
let labels = []; // functions that bring the counts of the drawn nodes up to date

function nodeDetails(node) {
  const path = [];
  for (let at = node; at; at = at.above) path.unshift(at.name);
  const sets = data.sets.filter((one) => one.tree === set().tree);
  const titles = ["data set", "rows here or below", "of its rows", "nodes below reached"];
  if (sets.some((one) => one.assigned)) titles.push("points a teacher puts here");
  const head = element("tr", {}, ...titles.map((name) => element("th", { scope: "col" }, name)));
  const lines = sets.map((one) => {
    const found = coverage(one, node);
    const cells = [one.name, found.rows.toLocaleString("en"), percent(found.rows / Math.max(1, one.rows))];
    cells.push(found.below ? `${found.reached} of ${found.below}, ${percent(found.reached / found.below)}` : "–");
    if (one.assigned) cells.push(`${found.assigned} of ${one.assigned.points}`);
    return element("tr", {}, ...cells.map((cell) => element("td", { dir: "auto" }, cell)));
  });
  const show = element("button", { type: "button" }, "Show rows from here");
  show.addEventListener("click", () => {
    chosen.node = node;
    drawRows();
    part("rows-title").focus();
  });
  const table = element("table", {}, element("thead", {}, head), element("tbody", {}, ...lines));
  const scroll = element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `Coverage of ${path.join(" > ")}` }, table);
  return element("div", { class: "node" }, text("p", node.about, "soft"), scroll, show);
}

function drawNode(node) {
  const said = element("span", { class: "count" });
  const bar = element("span", { class: "bar", "aria-hidden": "true" }, element("span"));
  const summary = element("summary", {}, text("span", node.name, "name"), " ", said, " ", ...(node.children.length ? [bar] : []));
  const fold = element("details", {}, summary);
  const update = () => {
    const found = coverage(set(), node);
    said.textContent = found.rows ? count(found.rows, "row") : "no rows";
    said.classList.toggle("missing", found.rows === 0);
    bar.firstChild.style.width = `${(100 * found.reached) / Math.max(1, found.below)}%`;
    bar.title = `${found.reached} of ${found.below} nodes below have a row`;
  };
  update();
  labels.push(update);
  fold.addEventListener("toggle", () => {
    if (fold.children.length > 1) return;
    fold.append(nodeDetails(node), element("ul", { class: "tree" }, ...node.children.map(drawNode)));
  });
  return element("li", {}, fold);
}

function drawTree() {
  const known = set().tree;
  if (part("tree").dataset.tree === String(known)) return labels.forEach((update) => update());
  labels = [];
  part("tree").dataset.tree = String(known);
  const none = element("p", { class: "soft" }, "No row of this data set was drawn from a taxonomy.");
  part("tree").replaceChildren(known === undefined ? none : element("ul", { class: "tree" }, ...trees[known].roots.map(drawNode)));
}

function story(row) {
  return row.story.flatMap(([title, lines]) => [
    element("h4", {}, title),
    element("dl", {}, ...lines.flatMap(([label, said]) => [text("dt", label), text("dd", said)])),
  ]);
}

function drawRow(row) {
  const tone = row.status === "accepted" ? "better" : "worse";
  const head = [element("span", { class: `badge ${tone}` }, row.status), element("span", { class: "slot" }, `slot ${row.slot}`)];
  const summary = element("summary", {}, ...head, text("span", row.text, "text"), ...(row.reason ? [text("span", row.reason, "reason")] : []));
  const fold = element("details", { class: "row" }, summary);
  fold.addEventListener("toggle", () => fold.children.length > 1 || fold.append(...story(row)));
  return fold;
}

function wanted(row) {
  const { node } = chosen;
  const words = part("search").value.trim().toLocaleLowerCase();
  return (
    row.set === Number(part("set").value) &&
    (part("status").value === "" || row.status === part("status").value) &&
    (node === null || row.nodes.some((number) => node.number <= number && number < node.end)) &&
    (words === "" || row.words.includes(words))
  );
}

function drawRows() {
  const found = data.rows.filter(wanted);
  part("rows").replaceChildren(...found.slice(0, chosen.shown).map(drawRow));
  part("more").hidden = found.length <= chosen.shown;
  part("node").hidden = chosen.node === null;
  part("node-name").textContent = chosen.node?.name ?? "";
  part("said").textContent = `${count(found.length, "candidate")} of those on this page`;
}

function drawSet() {
  const { key, rows, refused, shown, shownRefused } = set();
  const some = shown < rows || shownRefused < refused;
  part("sampled").textContent =
    `${shown.toLocaleString("en")} of ${count(rows, "row")} and ${shownRefused.toLocaleString("en")} of ${count(refused, "refused candidate")} are on this page` +
    (some ? `, drawn at random, each status alike; simula show ${key} shows any of them. Counts by node are of all rows.` : ".");
  const here = data.rows.filter((row) => row.set === Number(part("set").value)).map((row) => row.status);
  const options = ["", ...new Set(here)].map((status) => element("option", { value: status }, status || "any outcome"));
  part("status").replaceChildren(...options);
  chosen.node = null;
  chosen.shown = LOT;
  drawTree();
  drawRows();
}

const again = () => {
  chosen.shown = LOT;
  drawRows();
};
data.sets.forEach((one, at) => part("set").append(element("option", { value: at }, `${one.name}, ${count(one.rows, "row")}`)));
part("set").addEventListener("change", drawSet);
part("status").addEventListener("change", again);
part("search").addEventListener("input", again);
part("node-clear").addEventListener("click", () => {
  chosen.node = null;
  again();
});
part("more").addEventListener("click", () => {
  const before = part("rows").children.length;
  chosen.shown += LOT;
  drawRows();
  part("rows").children[before].querySelector("summary").focus();
});
drawSet();
