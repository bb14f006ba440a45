export interface Heap<Item> {
  readonly size: number;
  /** Returns the first item, which stays. */
  peek(): Item | undefined;
  push(item: Item): void;
  pop(): Item | undefined;
}

/** A binary heap. `order` is less than 0 when `a` comes before `b`. */
export function createHeap<Item>(order: (a: Item, b: Item) => number): Heap<Item> {
  const items: Item[] = [];

  function rise(item: Item): void {
    let hole = items.length;
    while (hole > 0) {
      const above = (hole - 1) >> 1;
      const parent = items[above] as Item;
      if (order(item, parent) >= 0) break;
      items[hole] = parent;
      hole = above;
    }
    items[hole] = item;
  }

  function sink(item: Item): void {
    let hole = 0;
    for (let child = 1; child < items.length; child = 2 * hole + 1) {
      const [left, right] = [items[child] as Item, items[child + 1]];
      const isRight = right !== undefined && order(right, left) < 0;
      const next = isRight ? right : left;
      if (order(next, item) >= 0) break;
      items[hole] = next;
      hole = isRight ? child + 1 : child;
    }
    items[hole] = item;
  }

  return {
    get size() {
      return items.length;
    },
    peek: () => items[0],
    push: rise,
    pop() {
      const first = items[0];
      const last = items.pop();
      if (items.length > 0) sink(last as Item);
      return first;
    },
  };
}
