/** How many requests a fault applies to, and how many matching requests it lets pass first. */
export interface Schedule {
  times: number | "always";
  skip: number;
}

/** A fault that was ordered. */
export interface OrderedFault {
  /** How many requests it was applied to. */
  readonly applied: number;
  remove(): void;
}

export interface FaultList<Subject, Fault extends Schedule> {
  add(fault: Fault): OrderedFault;
  /** Returns the first fault, in the order of adding, that applies to this request, and counts the use. */
  take(subject: Subject): Fault | undefined;
  clear(): void;
}

export function createFaultList<Subject, Fault extends Schedule>(
  matches: (fault: Fault, subject: Subject) => boolean,
): FaultList<Subject, Fault> {
  const orders = new Set<{ fault: Fault; passed: number; applied: number }>();
  return {
    add(fault) {
      const order = { fault, passed: 0, applied: 0 };
      orders.add(order);
      return {
        get applied() {
          return order.applied;
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
        order.applied += 1;
        if (order.applied === order.fault.times) orders.delete(order);
        return order.fault;
      }
      return undefined;
    },
    clear: () => orders.clear(),
  };
}
