import Events

/// The way of an order through the services: what follows each of its events.
public enum OrderFlow {
  /// The events of which one follows, and the service that publishes it.
  public struct Step: Hashable, Sendable {
    /// The service that decides next.
    public let service: String
    /// The types of which one is expected.
    public let types: [String]
  }

  /// A step that should have followed an event.
  public struct Missing<Item> {
    /// The event that nothing has followed.
    public let after: Item
    /// The missing step.
    public let step: Step
  }

  private static let steps = [
    OrderCaptured.schema.type: Step(
      service: "alpha", types: [OrderApproved.schema.type, OrderRejected.schema.type]),
    OrderApproved.schema.type: Step(
      service: "charlie", types: [OrderCharged.schema.type, OrderDeclined.schema.type]),
    OrderCharged.schema.type: Step(service: "alpha", types: [OrderFinalized.schema.type]),
    OrderDeclined.schema.type: Step(service: "alpha", types: [OrderFinalized.schema.type]),
    OrderRejected.schema.type: Step(service: "alpha", types: [OrderFinalized.schema.type]),
  ]

  /// The step that follows an event; nil for the last one, and for events of other things.
  public static func next(after type: String) -> Step? { steps[type] }

  /// The steps that should have followed some events and have not.
  ///
  /// - Parameters:
  ///   - items: events, of any orders.
  ///   - type: the declared name of an event.
  ///   - subject: the order that it is about.
  public static func missing<Item>(
    in items: [Item], type: (Item) -> String, subject: (Item) -> String?
  ) -> [Missing<Item>] {
    items.compactMap { item in
      guard let step = next(after: type(item)) else { return nil }
      let hasFollowed = items.contains { other in
        step.types.contains(type(other)) && subject(other) == subject(item)
      }
      return hasFollowed ? nil : Missing(after: item, step: step)
    }
  }
}

extension OrderFlow.Missing: Sendable where Item: Sendable {}
