import Events
public import Versions

extension Registry {
  /// Every version of every event of this system.
  ///
  /// To add one, to rename one or to retire one there is a recipe: the page “Versions” of `Events`.
  public static let eventually = Registry([
    RegisteredEvent(
      SettingsChanged.self, from: "alpha", compatibility: .fullTransitive,
      summary: "The system-wide settings have changed, and are these now.",
      golden: [
        GoldenPayload("settings.changed.v1.json", bytes: PackageResources.settings_changed_v1_json)
      ]
    ),
    RegisteredEvent(
      OrderCaptured.self, from: "beta", compatibility: .backwardTransitive,
      summary: "A customer has ordered.",
      golden: [
        GoldenPayload("order.captured.v1.json", bytes: PackageResources.order_captured_v1_json),
        GoldenPayload("order.captured.v2.json", bytes: PackageResources.order_captured_v2_json),
        GoldenPayload(
          "order.captured.v2.unpromised.json",
          bytes: PackageResources.order_captured_v2_unpromised_json),
      ]),
    RegisteredEvent(
      OrderApproved.self, from: "alpha", compatibility: .fullTransitive,
      summary: "An order has been approved, and its total is to be charged.",
      golden: [
        GoldenPayload("order.approved.v1.json", bytes: PackageResources.order_approved_v1_json),
        GoldenPayload("order.approved.v2.json", bytes: PackageResources.order_approved_v2_json),
        GoldenPayload(
          "order.approved.v2.unknown.json", bytes: PackageResources.order_approved_v2_unknown_json),
      ]),
    RegisteredEvent(
      OrderRejected.self, from: "alpha", compatibility: .fullTransitive,
      summary: "An order has been rejected, and is not charged.",
      golden: [
        GoldenPayload("order.rejected.v1.json", bytes: PackageResources.order_rejected_v1_json)
      ]),
    RegisteredEvent(
      OrderCharged.self, from: "charlie", compatibility: .fullTransitive,
      summary: "An order's total has been charged.",
      golden: [
        GoldenPayload("order.charged.v1.json", bytes: PackageResources.order_charged_v1_json),
        GoldenPayload(
          "order.charged.v1.unknown.json", bytes: PackageResources.order_charged_v1_unknown_json),
      ]),
    RegisteredEvent(
      OrderDeclined.self, from: "charlie", compatibility: .fullTransitive,
      summary: "The payment gateway has declined an order's charge, for good.",
      golden: [
        GoldenPayload("order.declined.v1.json", bytes: PackageResources.order_declined_v1_json)
      ]),
    RegisteredEvent(
      OrderFinalized.self, from: "alpha", compatibility: .fullTransitive,
      summary: "An order has come to its end, and its cart is open again.",
      golden: [
        GoldenPayload("order.finalized.v1.json", bytes: PackageResources.order_finalized_v1_json)
      ]),
  ])
}

extension SchemaLock {
  /// The pinned facts of this system.
  public static var eventually: SchemaLock {
    get throws { try SchemaLock(String(decoding: PackageResources.Schema_lock, as: UTF8.self)) }
  }
}
