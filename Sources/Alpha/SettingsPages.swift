// The page of the settings: the form, their history, and a conflict between two changes.

import Daemon
import Schema

extension AlphaPages {
  /// The form that changes the settings.
  var settingsForm: Route {
    .form("/settings", body: SettingsForm.self) { form, _, transaction in
      let wanted = try form.wanted(in: try transaction.settingsInForce().currency)
      let settings = try transaction.changeSettings(to: wanted, seen: form.seen)
      return .seeOther(
        form.from == "pane" ? "/pane" : "/settings?done=\(settings.version)")
    }.showingRefusals { problem, request, snapshot in
      let refused = try RefusedForm(problem, of: request, in: snapshot)
      return refused.origin == "pane"
        ? try look.html(try panePage(request, in: snapshot, refused: refused))
        : try look.html(try settingsPage(request, in: snapshot, refused: refused))
    }
  }

  /// The settings in force in a form, and every version before them.
  func settingsPage(
    _ request: Request, in snapshot: Snapshot, refused: RefusedForm? = nil
  ) throws -> WebPage {
    let settings = try snapshot.settingsInForce()
    let history = try snapshot.settingsHistory(try request.page())
    let notice = try request.changed(in: snapshot, current: settings)
    var values: [String: Any] = [
      "form": try SettingsFields(settings, refused: refused), "version": settings.version,
      "history": history.items.map { HistoryRow($0, trace: trace($0.correlationID)) },
      "isContinued": request.query["before"] != nil,
    ]
    values["next"] = history.next
    values["notice"] = refused == nil ? notice : nil
    values["conflict"] = try refused.flatMap { try Conflict($0, in: snapshot) }
    var page = try WebPage("settings", title: "Settings", values: values, in: snapshot)
    page.path = "/settings"
    // A refusal is at its field, a conflict has the focus: both are read with it.
    page.news = notice?.text ?? SettingsWords(settings).sentence
    return page
  }
}

extension Request {
  /// The sentence about the version that the form before this page made.
  fileprivate func changed(in snapshot: Snapshot, current: SettingsChanged) throws -> Notice? {
    guard let version = query["done"].flatMap(Int64.init),
      let done = try snapshot.settings(version: version)?.settings
    else { return nil }
    guard done.version == current.version else {
      return Notice(
        text: "Version \(version) was in force. Version \(current.version) has replaced it.",
        kind: "wait")
    }
    return Notice(text: SettingsWords(done).sentence, kind: "good")
  }
}

/// The settings in words.
struct SettingsWords {
  let version: Int64
  let fee: String
  let discount: String

  init(_ settings: SettingsChanged) {
    version = settings.version
    fee = settings.fee.words(in: settings.currency)
    discount = settings.discount.words(in: settings.currency)
  }

  var sentence: String { "Version \(version) is in force: fee \(fee), discount \(discount)." }
}

extension Rule {
  /// `25.00 USD, on`.
  fileprivate func words(in currency: Currency) -> String {
    "\(Money(amount: amount, currency: currency).shown), \(enabled ? "on" : "off")"
  }
}

/// A version of the settings in their history.
private struct HistoryRow {
  let settings: SettingsWords
  let request: ShownIdentifier
  let trace: String
  let changedAt: Timestamp

  init(_ version: SettingsVersion, trace: String) {
    settings = SettingsWords(version.settings)
    request = ShownIdentifier(version.correlationID)
    changedAt = version.changedAt
    self.trace = trace
  }
}

// MARK: The form

/// The fields of the form, with the settings in force or with what was typed.
struct SettingsFields {
  /// A rule as the form shows it, the amount as it would be typed.
  struct Field {
    let isOn: Bool
    let amount: String
    var error: String?
  }

  /// The version on which the next change is based.
  let version: Int64
  let currency: Currency
  let isRefused: Bool
  private(set) var fee: Field
  private(set) var discount: Field

  /// - Parameter refused: a refused form; of another form than this one, nothing of it is shown.
  init(_ settings: SettingsChanged, refused: RefusedForm?) throws {
    currency = settings.currency
    version = settings.version
    isRefused = refused?.typed["version"] != nil
    guard let refused, isRefused else {
      fee = Field(settings.fee, currency: currency)
      discount = Field(settings.discount, currency: currency)
      return
    }
    fee = Field(isOn: refused.typed["feeEnabled"] != nil, amount: refused.typed["fee"] ?? "")
    discount = Field(
      isOn: refused.typed["discountEnabled"] != nil, amount: refused.typed["discount"] ?? "")
    switch refused.problem.field?.prefix(while: { $0 != "." }) {
    case "fee": fee.error = refused.detail
    case "discount": discount.error = refused.detail
    default: break
    }
  }
}

extension SettingsFields.Field {
  fileprivate init(_ rule: Rule, currency: Currency) {
    isOn = rule.enabled
    amount = Money(amount: rule.amount, currency: currency).decimal
  }
}

/// What the form of the settings sends.
private struct SettingsForm: Decodable {
  let version: String?
  let fee: String?
  let feeEnabled: String?
  let discount: String?
  let discountEnabled: String?
  /// The page that the form is on; nil for the page of the settings.
  let from: String?

  /// The version that the form showed.
  var seen: Int64 { Int64(version ?? "") ?? 0 }

  func wanted(in currency: Currency) throws(Problem) -> WantedSettings {
    WantedSettings(
      currency: currency,
      fee: try rule("fee", typed: fee, isOn: feeEnabled != nil, in: currency),
      discount: try rule("discount", typed: discount, isOn: discountEnabled != nil, in: currency))
  }

  private func rule(
    _ name: String, typed: String?, isOn: Bool, in currency: Currency
  ) throws(Problem) -> Rule {
    do {
      let money = try Money(entered: typed ?? "", currency: currency)
      return Rule(enabled: isOn, amount: money.amount)
    } catch {
      throw .invalid(
        name, detail: "\(error)".capitalizedFirst + ".",
        remedy: "Correct the \(name), and send the form again.")
    }
  }
}

// MARK: A conflict

/// Two changes of one version of the settings: what was typed, and what was stored meanwhile.
private struct Conflict {
  /// A rule in the three versions of it.
  struct Row {
    let name: String
    let seen: String
    let theirs: String
    let mine: String
    let isChanged: Bool
    let isMyChange: Bool
  }

  let seenVersion: Int64
  let version: Int64
  let request: ShownIdentifier
  let changedAt: Timestamp
  let rows: [Row]

  /// Nil for a form that was refused for another reason.
  init?(_ refused: RefusedForm, in snapshot: Snapshot) throws {
    guard refused.problem.slug == "stale-settings" else { return nil }
    let form = try JSONValue.object(refused.typed.mapValues(JSONValue.string))
      .decode(SettingsForm.self)
    let current = try snapshot.settingsInForce()
    guard let stored = try snapshot.settings(version: current.version) else { return nil }
    let mine = try form.wanted(in: current.currency)
    let seen = try snapshot.settings(version: form.seen)?.settings
    seenVersion = form.seen
    version = current.version
    request = ShownIdentifier(stored.correlationID)
    changedAt = stored.changedAt
    func row(_ name: String, of rule: (seen: Rule?, theirs: Rule, mine: Rule)) -> Row {
      Row(
        name: name, seen: rule.seen?.words(in: current.currency) ?? "unknown",
        theirs: rule.theirs.words(in: current.currency),
        mine: rule.mine.words(in: current.currency), isChanged: rule.seen != rule.theirs,
        isMyChange: rule.seen != rule.mine)
    }
    rows = [
      row("Fee", of: (seen?.fee, current.fee, mine.fee)),
      row("Discount", of: (seen?.discount, current.discount, mine.discount)),
    ]
  }
}
