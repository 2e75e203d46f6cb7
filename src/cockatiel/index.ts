/** 'holdfast/cockatiel': cockatiel policies in a pipeline, and a pipeline in cockatiel's `wrap()`. */
export { type CockatielLayer, fromCockatiel } from './from-cockatiel.js';
export { type PipelineContext, toCockatiel } from './to-cockatiel.js';
