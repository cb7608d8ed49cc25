const search = document.getElementById("search");
const said = document.getElementById("said");
const nodes = [...document.querySelectorAll(".node")].reverse();
const folds = [...document.querySelectorAll("#trees details")];
const atFirst = new Map(folds.map((fold) => [fold, fold.open]));

function find() {
  const wanted = search.value.trim().toLocaleLowerCase();
  let count = 0;
  // Innermost nodes come first, so that a node knows whether anything below it is shown.
  for (const node of nodes) {
    const hit = node.dataset.text.toLocaleLowerCase().includes(wanted);
    const below = node.querySelector(".node:not([hidden])") !== null;
    node.classList.toggle("hit", wanted !== "" && hit);
    node.hidden = !(hit || below);
    count += hit;
  }
  for (const fold of folds) {
    const inside = [...fold.querySelectorAll(".node")].some((node) => !node.hidden);
    fold.open = wanted ? inside : atFirst.get(fold);
  }
  said.textContent = wanted ? `${count} of ${nodes.length} nodes` : "";
}
search.addEventListener("input", find);
document.getElementById("all").addEventListener("click", () => folds.forEach((fold) => (fold.open = true)));
document.getElementById("none").addEventListener("click", () => folds.forEach((fold) => (fold.open = false)));
