"""Two minutes through the app for who opens it first, and the button that copies the page's address.

Both live in the browser alone: what was skipped is remembered there, and no step asks the server.
"""

from __future__ import annotations

import json

import streamlit as st

STEPS = (
    (
        "What Edgewise answers",
        "Where will AI compute run through 2030, on edge devices or in the cloud, and why? The sentences at "
        "the top of the page Forecast are the answer, made from the numbers, with how sure it is.",
        "[data-testid=stMarkdownContainer] ul",
    ),
    (
        "Bands, not lines",
        "Each band is where nine tenths of 2,000 drawn futures lie; solid is history, dashed projection. "
        "Hover a point for its figures and its source; CSV, PNG and SVG stand below each chart.",
        "[data-testid=stVegaLiteChart]",
    ),
    (
        "Move what you doubt",
        "The sliders are the assumptions that matter most. Move one and the chart follows; Undo and Reset "
        "take it back. Each slider's question mark says where its figure comes from.",
        "[data-testid=stSlider]",
    ),
    (
        "Why it comes out so",
        "Devices and Budgets show what a device can serve and what stops it; Drivers what the answer hangs "
        "on; Placement who runs where; Evidence how far predictions miss.",
        "[data-testid=stTopNav]",
    ),
    (
        "Take it with you",
        "The address holds the whole view: copy it, keep it under a name, or save a report. On the page Data "
        "you add a device of your own and see it move 2030.",
        ".st-key-tools",
    ),
)

_HTML = """
<div class="row">
  <button type="button" class="copy">Copy address</button>
  <button type="button" class="start">Tour</button>
  <span class="told" role="status" aria-live="polite"></span>
</div>
<section class="card" aria-label="Tour of Edgewise" hidden>
  <p class="text"><strong class="title"></strong> <span class="words"></span></p>
  <div class="row">
    <button type="button" class="skip">Skip the tour</button>
    <button type="button" class="next">Next</button>
    <span class="place"></span>
  </div>
</section>
"""

_CSS = """
:host {font-size: 0.875rem;}
.row {display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: center; justify-content: flex-end;}
.card {position: fixed; right: 1rem; bottom: 1rem; width: min(30rem, calc(100vw - 2rem)); z-index: 1000;
  box-sizing: border-box; border: 1px solid var(--st-border-color, #c9ced6); border-radius: 0.5rem;
  padding: 0.7rem 0.9rem; text-align: left; background: var(--st-secondary-background-color);
  box-shadow: 0 0.25rem 1rem rgb(0 0 0 / 0.25);}
.card[hidden] {display: none;}
.text {margin: 0 0 0.4rem;}
button {font: inherit; color: inherit; background: none; border: 1px solid transparent; cursor: pointer;
  border-radius: 0.5rem; padding: 0.25rem 0.5rem;}
button:hover {color: var(--st-primary-color);}
button:focus-visible {outline: 2px solid var(--st-primary-color);}
.card button {border-color: var(--st-border-color, #c9ced6);}
"""

_JS = """
const KEY = 'edgewise.tour';
const STEPS = __STEPS__;
const remembered = () => { try { return localStorage.getItem(KEY); } catch { return 'off'; } };
const remember = () => { try { localStorage.setItem(KEY, 'seen'); } catch {} };
async function copied() {
  const address = window.location.href;
  try { await navigator.clipboard.writeText(address); return true; } catch {}
  const area = document.createElement('textarea');
  area.value = address; document.body.append(area); area.select();
  const done = document.execCommand('copy'); area.remove(); return done;
}
export default function ({ parentElement }) {
  const find = name => parentElement.querySelector('.' + name);
  let place = 0, outlined = null;
  const clear = () => { if (outlined) outlined.style.outline = ''; outlined = null; };
  const show = at => {
    place = at; clear();
    const [title, words, target] = STEPS[at];
    find('title').textContent = title + '.';
    find('words').textContent = words;
    find('place').textContent = (at + 1) + ' of ' + STEPS.length;
    find('next').textContent = at + 1 === STEPS.length ? 'Done' : 'Next';
    outlined = document.querySelector(target);
    if (outlined) {
      outlined.style.outline = '2px solid #D55E00';
      outlined.scrollIntoView({ block: 'nearest' });
    }
    find('card').hidden = false;
  };
  const end = () => { clear(); remember(); find('card').hidden = true; find('start').focus(); };
  find('start').onclick = () => show(0);
  find('skip').onclick = end;
  find('next').onclick = () => (place + 1 === STEPS.length ? end() : show(place + 1));
  find('card').onkeydown = event => { if (event.key === 'Escape') end(); };
  find('copy').onclick = async () => {
    find('told').textContent = (await copied()) ? 'Copied' : 'Copy it from the address bar';
    setTimeout(() => { find('told').textContent = ''; }, 4000);
  };
  // An equation wider than the screen scrolls: the keyboard must reach it to do so.
  const reachable = () => document.querySelectorAll('.katex-display:not([tabindex])').forEach(equation => {
    equation.tabIndex = 0;
    equation.setAttribute('role', 'group');
    equation.setAttribute('aria-label', 'Equation');
  });
  const watch = new MutationObserver(reachable);
  watch.observe(document.body, { childList: true, subtree: true });
  reachable();
  if (remembered() === null) show(0);
  return () => { clear(); watch.disconnect(); };
}
"""

_TOOLS = st.components.v2.component(
    "edgewise.tools", html=_HTML, css=_CSS, js=_JS.replace("__STEPS__", json.dumps(STEPS))
)


def buttons() -> None:
    """Draw the two buttons, and on the first visit the tour below them."""
    _TOOLS(key="tools.browser")
