interface Palette {
  readonly ground: string;
  readonly frame: string;
  readonly card: string;
  readonly service: string;
  readonly line: string;
  readonly text: string;
  readonly strong: string;
  readonly ok: string;
  readonly degraded: string;
  readonly down: string;
}

const LIGHT: Palette = {
  ground: '#fff',
  frame: '#d1d9e0',
  card: '#f6f8fa',
  service: '#ddf4ff',
  line: '#818b98',
  text: '#59636e',
  strong: '#1f2328',
  ok: '#1a7f37',
  degraded: '#9a6700',
  down: '#cf222e',
};

const DARK: Palette = {
  ground: '#0d1117',
  frame: '#3d444d',
  card: '#151b23',
  service: '#122d4d',
  line: '#818b98',
  text: '#9198a1',
  strong: '#f0f6fc',
  ok: '#3fb950',
  degraded: '#d29922',
  down: '#f85149',
};

/**
 * The rules in one palette. No variables, since not every reader of SVG knows them.
 *
 * @param first Adds what is the same in all palettes.
 */
function rules(of: Palette, first: boolean): string {
  const also = (css: string): string => (first ? css : '');
  const font =
    ';font:11px system-ui,-apple-system,"Segoe UI",sans-serif;paint-order:stroke;stroke-width:3px;stroke-linejoin:round';
  return `.hf-map text{fill:${of.text};stroke:${of.ground}${also(font)}}
.hf-map .hf-ground{fill:${of.ground};stroke:${of.frame}}
.hf-map .hf-card{fill:${of.card};stroke:${of.line}}
.hf-map .hf-name{fill:${of.strong}${also(';font-size:14px;font-weight:600')}}
.hf-map .hf-critical{fill:${of.strong}${also(';font-weight:700')}}
${also(`.hf-map .hf-state{font-weight:600}
.hf-map .hf-service text,.hf-map .hf-dependency text{stroke-width:0}
`)}.hf-map .hf-edge path{stroke:${of.line}${also(';fill:none;stroke-width:1.5;stroke-linejoin:round')}}
.hf-map .hf-service .hf-card{fill:${of.service}}
.hf-map .hf-vital .hf-card{stroke:${of.strong}${also(';stroke-width:3')}}
.hf-map .hf-ok .hf-state{fill:${of.ok}}
.hf-map .hf-degraded .hf-state{fill:${of.degraded}}
.hf-map .hf-down .hf-state{fill:${of.down}}
.hf-map .hf-edge.hf-degraded path{stroke:${of.degraded}${also(';stroke-width:2')}}
.hf-map .hf-edge.hf-down path{stroke:${of.down}${also(';stroke-width:2')}}${also(`
.hf-map .hf-edge.hf-half_open .hf-line{stroke-dasharray:7 4}
.hf-map .hf-edge.hf-open .hf-line,.hf-map .hf-edge.hf-isolated .hf-line{stroke-dasharray:2 4}`)}`;
}

/** Colours and fonts, for light and dark pages. Classes begin with `hf-`, because the SVG may be part of somebody's page. */
export const MAP_STYLE: string = /* @__PURE__ */ (() => `${rules(LIGHT, true)}
@media(prefers-color-scheme:dark){
${rules(DARK, false)}
}`)();
