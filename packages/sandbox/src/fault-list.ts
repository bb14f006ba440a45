/** How often a fault strikes, and how many matching requests it lets pass first. */
export interface Schedule {
  times: number | "always";
  skip: number;
}

/** A fault that was ordered. */
export interface OrderedFault {
  /** How many requests it has struck. */
  readonly struck: number;
  remove(): void;
}

export interface FaultList<Subject, Fault extends Schedule> {
  add(fault: Fault): OrderedFault;
  /** The first fault, in the order they were added, that strikes this request; it is used up by that. */
  take(subject: Subject): Fault | undefined;
  clear(): void;
}

export function createFaultList<Subject, Fault extends Schedule>(
  matches: (fault: Fault, subject: Subject) => boolean,
): FaultList<Subject, Fault> {
  const orders = new Set<{ fault: Fault; passed: number; struck: number }>();
  return {
    add(fault) {
      const order = { fault, passed: 0, struck: 0 };
      orders.add(order);
      return {
        get struck() {
          return order.struck;
        },
        remove: () => void orders.delete(order),
      };
    },
    take(subject) {
      for (const order of orders) {
        if (!matches(order.fault, subject)) continue;
        if (order.passed < order.fault.skip) {
          order.passed += 1;
          continue;
        }
        order.struck += 1;
        if (order.struck === order.fault.times) orders.delete(order);
        return order.fault;
      }
      return undefined;
    },
    clear: () => orders.clear(),
  };
}
