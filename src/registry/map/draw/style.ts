/** Colours and fonts, for light and dark pages. Classes begin with `hf-`, because the SVG may be part of somebody's page. */
export const MAP_STYLE = `.hf-map{--ground:#fff;--frame:#d1d9e0;--card:#f6f8fa;--service:#ddf4ff;--line:#818b98;--text:#59636e;--strong:#1f2328;--ok:#1a7f37;--degraded:#9a6700;--down:#cf222e}
@media(prefers-color-scheme:dark){.hf-map{--ground:#0d1117;--frame:#3d444d;--card:#151b23;--service:#122d4d;--line:#656c76;--text:#9198a1;--strong:#f0f6fc;--ok:#3fb950;--degraded:#d29922;--down:#f85149}}
.hf-map text{font:11px system-ui,-apple-system,"Segoe UI",sans-serif;fill:var(--text);paint-order:stroke;stroke:var(--ground);stroke-width:3px;stroke-linejoin:round}
.hf-map .hf-ground{fill:var(--ground);stroke:var(--frame)}
.hf-map .hf-card{fill:var(--card);stroke:var(--line)}
.hf-map .hf-service .hf-card{fill:var(--service)}
.hf-map .hf-vital .hf-card{stroke:var(--strong);stroke-width:3}
.hf-map .hf-service text,.hf-map .hf-dependency text{stroke:none}
.hf-map .hf-name{font-size:14px;font-weight:600;fill:var(--strong)}
.hf-map .hf-critical{font-weight:700;fill:var(--strong)}
.hf-map .hf-line,.hf-map .hf-head{fill:none;stroke:var(--line);stroke-width:1.5;stroke-linejoin:round}
.hf-map .hf-edge.hf-degraded path{stroke:var(--degraded);stroke-width:2}
.hf-map .hf-edge.hf-down path{stroke:var(--down);stroke-width:2}
.hf-map .hf-edge.hf-half_open .hf-line{stroke-dasharray:7 4}
.hf-map .hf-edge.hf-open .hf-line,.hf-map .hf-edge.hf-isolated .hf-line{stroke-dasharray:2 4}
.hf-map .hf-state{font-weight:600}
.hf-map .hf-ok .hf-state{fill:var(--ok)}
.hf-map .hf-degraded .hf-state{fill:var(--degraded)}
.hf-map .hf-down .hf-state{fill:var(--down)}`;
