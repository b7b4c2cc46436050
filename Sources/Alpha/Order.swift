// What an order is at Alpha, and the steps that it can take. Pure: no table, no clock.

import Events
import Schema

/// An order that Alpha decides about, as the API shows it.
struct Order: Encodable {
  /// How far it has come; each step happens once.
  enum State: String, Encodable, CaseIterable {
    case captured, approved, rejected, charged, declined, finalized
  }

  /// What was decided, whatever came after.
  enum Decision {
    case approved, rejected
  }

  let id: Identifier
  let cartId: Identifier
  var state: State
  var outcome: OrderFinalized.Outcome?
  let product: String
  let price: Money
  let fee: Money
  let discount: Money
  let total: Money
  let settingsVersion: Int64
  var reason: String?
  /// The id of the work that captured the order, which all further work on it carries.
  let requestId: String
  let capturedAt: Timestamp
  var updatedAt: Timestamp

  var decision: Decision? {
    switch (state, outcome) {
    case (.captured, _): nil
    case (.rejected, _), (_, .rejected?): .rejected
    default: .approved
    }
  }
}

extension Order {
  /// Prices a captured order from what it was promised, and from the settings in force only when
  /// it was promised nothing.
  ///
  /// - Throws: `MoneyError` when the sum cannot be made.
  init(_ captured: Envelope<OrderCaptured>, settings: SettingsChanged, at now: Timestamp)
    throws(MoneyError)
  {
    let data = captured.data
    let pricing =
      if let promise = data.promise {
        try Pricing(price: data.price, promise: promise)
      } else {
        try Pricing(price: data.price, settings: settings)
      }
    (id, cartId, product, state) = (data.orderId, data.cartId, data.product, .captured)
    (price, fee, discount) = (pricing.price, pricing.fee, pricing.discount)
    total = pricing.total
    settingsVersion = data.promise?.settingsVersion ?? settings.version
    requestId = captured.correlation.id
    (capturedAt, updatedAt) = (captured.time, now)
  }

  var approval: OrderApproved {
    OrderApproved(
      orderId: id, cartId: cartId, product: product, price: price, fee: fee, discount: discount,
      total: total, settingsVersion: settingsVersion)
  }
}
