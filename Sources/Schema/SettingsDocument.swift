import Events
import Runtime

/// The settings as the API of each service shows them.
///
/// The document is a type of its own: a new version of the event changes no API.
public struct SettingsDocument: Encodable {
  let settingsId: Identifier
  let version: Int64
  let currency: Currency
  let fee: RuleDocument
  let discount: RuleDocument

  /// The document of these settings.
  public init(_ settings: SettingsChanged) {
    settingsId = settings.settingsId
    version = settings.version
    currency = settings.currency
    fee = RuleDocument(settings.fee)
    discount = RuleDocument(settings.discount)
  }
}

/// A fee or a discount as the APIs show it.
public struct RuleDocument: Encodable {
  let enabled: Bool
  let amount: Int64

  /// The document of this rule.
  public init(_ rule: Rule) {
    enabled = rule.enabled
    amount = rule.amount
  }
}
