// Binds the parts: whoever changes the state calls `changed`, and all is shown as the state says.

const gallery = new Gallery(one(".gallery"), (i) => openFrame(i));
const frame = new Frame(one(".frame"), { move: moveFrame, close: closeFrame, toggled: () => layersChanged() });
const statistics = one(".statistics");
makeLayers(one(".head .layers"), layersChanged);
const showFilters = makeFilters(one(".filters form"), () => changed());
const showSort = makeSort(one(".sort select"), () => changed());
let isDrawn = false;
// Before a frame was opened from here, so that closing it goes back instead of adding a step.
let steps = 0;

function changed() {
  writeHash();
  isDrawn = false;
  applyFilters();
  gallery.show();
  showControls();
  showView();
}

function layersChanged() {
  writeHash();
  showLayers();
  gallery.redraw();
  frame.draw();
}

function showControls() {
  showLayers();
  showFilters();
  showSort();
  const all = many(nImages, "picture");
  one(".shown [role=status]").textContent = shown.length === nImages ? all : `${number(shown.length)} of ${all}`;
}

function showView() {
  const isStatistics = state.view === "statistics";
  for (const button of document.querySelectorAll("[data-view]")) {
    button.setAttribute("aria-pressed", button.dataset.view === state.view);
  }
  gallery.parent.hidden = isStatistics || !shown.length;
  one(".sort").hidden = isStatistics;
  one(".head .layers").hidden = isStatistics;
  statistics.hidden = !isStatistics || !shown.length;
  const empty = one("main > .empty");
  empty.hidden = shown.length > 0;
  empty.textContent = nImages ? "No picture passes these filters." : "This data set has no pictures.";
  if (isStatistics && shown.length && !isDrawn) {
    statistics.replaceChildren(...makeStatistics());
    isDrawn = true;
  }
}

function openFrame(i) {
  state.frame = i;
  steps++;
  writeHash(true);
  frame.show(i);
}

function moveFrame(by) {
  if (!shown.length) return;
  const at = shown.indexOf(state.frame);
  state.frame = shown[(at < 0 ? 0 : at + by + shown.length) % shown.length];
  writeHash();
  frame.show(state.frame);
}

function closeFrame() {
  const last = state.frame;
  if (steps > 0) history.back();
  else {
    state.frame = null;
    writeHash();
    showFrame();
  }
  gallery.focus(last);
}

function showFrame() {
  if (state.frame !== null) frame.show(state.frame);
  else if (frame.dialog.open) {
    frame.dialog.close();
    gallery.focus(frame.i);
  }
}

// Another address: the back button, a link, or one that was typed.
function onAddress() {
  const before = hashOf();
  const wasOpen = state.frame !== null;
  readHash();
  if (wasOpen && state.frame === null) steps = Math.max(0, steps - 1);
  if (hashOf() !== before) {
    isDrawn = false;
    applyFilters();
    if (!wasOpen) gallery.show();
    showControls();
    showView();
  }
  showFrame();
}

function onKey(event) {
  if (event.altKey || event.ctrlKey || event.metaKey || event.target.matches("input[type=search], select")) return;
  const layer = LAYERS.find(({ key }) => key === event.key);
  if (layer) toggleLayer(layer.id, layersChanged);
  else if (frame.dialog.open && event.key === "ArrowLeft") moveFrame(-1);
  else if (frame.dialog.open && event.key === "ArrowRight") moveFrame(1);
}

one(".views").addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  state.view = button.dataset.view;
  writeHash();
  showView();
});
document.addEventListener("keydown", onKey);
window.addEventListener("popstate", onAddress);
let resized = 0;
window.addEventListener("resize", () => {
  cancelAnimationFrame(resized);
  resized = requestAnimationFrame(() => gallery.resize());
});
if (matchMedia("(max-width: 900px)").matches) one(".filters").open = false;

readHash();
changed();
showFrame();
