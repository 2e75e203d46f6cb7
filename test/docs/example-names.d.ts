/** Names the pages use in their examples without introducing them every time. Types only: a block that runs defines its own. */

declare const UNKNOWN_STOCK: number;
declare const sku: string;
declare function readStock(sku: string, options?: { signal?: AbortSignal }): Promise<number>;
