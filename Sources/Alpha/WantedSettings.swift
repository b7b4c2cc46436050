// The changes of the settings. Pure: no table, no clock.

import Daemon
import Schema

/// The settings as a person asks for them.
struct WantedSettings: Decodable, Equatable {
  let currency: Currency
  let fee: Rule
  let discount: Rule

  fileprivate func settings(as version: Int64) -> SettingsChanged {
    SettingsChanged(
      settingsId: Settings.id, version: version, currency: currency, fee: fee, discount: discount)
  }

  fileprivate func validate(against current: SettingsChanged) throws(Refusal) {
    guard currency == current.currency else {
      throw .otherCurrency(currency, inForce: current.currency)
    }
    try validate(fee, as: "fee")
    try validate(discount, as: "discount")
  }

  private func validate(_ rule: Rule, as name: String) throws(Refusal) {
    do {
      try Money.validateEntered(rule.amount, as: name)
    } catch {
      throw .invalidAmount(error, field: "\(name).amount")
    }
  }
}

extension SettingsChanged {
  /// The settings after a change, if those that the person saw are still in force.
  ///
  /// Equal values make no new version.
  ///
  /// - Parameters:
  ///   - wanted: the requested settings.
  ///   - seen: the version that the person saw; nil for any.
  func changed(to wanted: WantedSettings, seen: Int64?) throws(Refusal) -> SettingsChanged {
    try wanted.validate(against: self)
    guard seen == nil || seen == version else { throw .staleSettings(inForce: version) }
    return wanted == values ? self : wanted.settings(as: version + 1)
  }

  /// The same settings after a restore, under a version above any that can have been published
  /// meanwhile: a copy never goes back to a lower version.
  ///
  /// No history comes to as many versions as there are milliseconds since 1970.
  func restored(at now: Timestamp) -> SettingsChanged {
    values.settings(as: max(version + 1, Int64(now.microseconds / 1000)))
  }

  private var values: WantedSettings {
    WantedSettings(currency: currency, fee: fee, discount: discount)
  }
}
