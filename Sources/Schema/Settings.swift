import Events
public import Runtime

/// The constants of the system-wide settings.
public enum Settings {
  /// The one settings id, `00000000-0000-7000-8000-000000000001`.
  ///
  /// The settings are one object, so their id is a constant: a UUIDv7 of the first millisecond of
  /// 1970, which no service makes.
  public static let id = Identifier(at: Timestamp(microseconds: 0), random: 4)

  /// The settings that Alpha publishes when it starts with an empty journal: version 1000, a fee of
  /// 25.00 USD, a discount of 10.00 USD that is off.
  public static let first = SettingsChanged(
    settingsId: id, version: 1000, currency: .usd,
    fee: Rule(enabled: true, amount: 2500),
    discount: Rule(enabled: false, amount: 1000))
}
