import Events
import Runtime
import Schema
import Testing

@Suite(.timeLimit(.minutes(1))) struct SettingsTests {
  @Test func `the settings have one fixed id, which is the subject of their events`() {
    #expect(Settings.id.description == "00000000-0000-7000-8000-000000000001")
    #expect(Settings.first.settingsId == Settings.id)
    #expect(Settings.first.subject == "00000000-0000-7000-8000-000000000001")
  }

  @Test func `the first settings are those of the design`() {
    #expect(Settings.first.version == 1000)
    #expect(Settings.first.currency == .usd)
    #expect(Settings.first.fee == Rule(enabled: true, amount: 2500))
    #expect(Settings.first.discount == Rule(enabled: false, amount: 1000))
  }

  @Test(arguments: [(true, 2500), (false, 0)] as [(Bool, Int64)])
  func `a rule that is off is worth nothing and keeps its amount`(enabled: Bool, inForce: Int64) {
    let rule = Rule(enabled: enabled, amount: 2500)
    #expect(rule.inForce == inForce)
    #expect(rule.amount == 2500)
  }
}
