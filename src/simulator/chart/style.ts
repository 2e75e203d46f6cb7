/** Colours and fonts, for light and dark pages. Classes begin with `hf-`, because the SVG may be part of somebody's page. */
export const CHART_STYLE = `.hf-chart text{font:11px system-ui,-apple-system,"Segoe UI",sans-serif;fill:#59636e}
.hf-chart .hf-title{font-size:14px;font-weight:600;fill:#1f2328}
.hf-chart .hf-arm{font-size:14px;font-weight:600;fill:#1f2328}
.hf-chart .hf-label{fill:#1f2328}
.hf-grid{stroke:#d1d9e0;stroke-width:1}.hf-trigger{fill:#cf222e;fill-opacity:.13}
.hf-line{fill:none;stroke-width:1.5;stroke-linejoin:round}.hf-area{stroke:none;fill-opacity:.18}
.hf-calls{fill:none;stroke:#818b98;stroke-width:1;stroke-dasharray:3 3}
.hf-goodput{stroke:#1a7f37;fill:#1a7f37}.hf-requests{stroke:#0969da;fill:#0969da}
.hf-queued{stroke:#bc4c00;fill:#bc4c00}.hf-open{stroke:#8250df;fill:#8250df}.hf-limit{stroke:#bf3989;fill:#bf3989}
.hf-chart .hf-line{fill:none}.hf-chart .hf-area{stroke:none}
@media(prefers-color-scheme:dark){.hf-chart text{fill:#9198a1}
.hf-chart .hf-title,.hf-chart .hf-arm,.hf-chart .hf-label{fill:#f0f6fc}
.hf-grid{stroke:#3d444d}.hf-trigger{fill:#ff7b72;fill-opacity:.2}.hf-calls{stroke:#9198a1}
.hf-goodput{stroke:#3fb950;fill:#3fb950}.hf-requests{stroke:#4493f8;fill:#4493f8}
.hf-queued{stroke:#f0883e;fill:#f0883e}.hf-open{stroke:#ab7df8;fill:#ab7df8}.hf-limit{stroke:#f778ba;fill:#f778ba}}`;
