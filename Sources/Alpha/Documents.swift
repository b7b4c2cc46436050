// The JSON of Alpha's API: what clients rely on, apart from what Alpha decides with.

import Daemon
import Schema

/// An order as the API and the page show it.
struct OrderDocument: Encodable {
  let id: Identifier
  let cartId: Identifier
  let state: String
  let outcome: String?
  let product: String
  let price: Money
  let fee: Money
  let discount: Money
  let total: Money
  let settingsVersion: Int64
  let reason: String?
  let requestId: String
  let capturedAt: Timestamp
  let updatedAt: Timestamp

  init(_ order: Order) {
    id = order.id
    cartId = order.cartId
    state = order.state.name.rawValue
    outcome = order.state.outcome?.rawValue
    product = order.product
    price = order.price
    fee = order.fee
    discount = order.discount
    total = order.total
    settingsVersion = order.settingsVersion
    reason = order.reason
    requestId = order.requestId
    capturedAt = order.capturedAt
    updatedAt = order.updatedAt
  }
}

/// A version of the settings, with its request and its time.
struct SettingsVersionDocument: Encodable {
  let settingsId: Identifier
  let version: Int64
  let currency: Currency
  let fee: RuleDocument
  let discount: RuleDocument
  let requestId: String
  let changedAt: Timestamp

  init(_ version: SettingsVersion) {
    settingsId = version.settings.settingsId
    self.version = version.settings.version
    currency = version.settings.currency
    fee = RuleDocument(version.settings.fee)
    discount = RuleDocument(version.settings.discount)
    requestId = version.correlationID
    changedAt = version.changedAt
  }
}
