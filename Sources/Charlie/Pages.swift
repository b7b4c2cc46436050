// Charlie's pages: the charges, the ledger as a balance, and the fee report. They show unknown or
// pending values in words, and never as zero. Each is a file for spreadsheets too.

import Daemon
import Schema

extension CharlieRoom {
  /// The templates of Charlie's pages.
  static func look() throws -> PageTemplates {
    try PageTemplates(
      "Charlie",
      navigation: [
        PageTemplates.Link("Charges", path: "/"), PageTemplates.Link("Ledger", path: "/ledger"),
        PageTemplates.Link("Fees", path: "/fees"), PageTemplates.Link("Health", path: "/health"),
      ],
      templates: [
        "home": PackageResources.home_mustache, "charges": PackageResources.charges_mustache,
        "figures": PackageResources.figures_mustache, "ledger": PackageResources.ledger_mustache,
        "fees": PackageResources.fees_mustache, "cells": PackageResources.cells_mustache,
        "pane": PackageResources.pane_mustache,
      ])
  }

  static func pages(_ look: PageTemplates) -> [Route] {
    [
      .query("/", takes: .newestFirst) { request, snapshot in
        try look.html(try homePage(request, snapshot))
      },
      .query("/pane") { _, snapshot in try look.html(try pane(snapshot)) },
      .query("/ledger", takes: .newestFirst) { request, snapshot in
        try look.html(try ledgerPage(request, snapshot))
      },
      .query("/fees", takes: .newestFirst) { request, snapshot in
        try look.html(try feePage(request, in: snapshot))
      },
    ] + downloads
  }
}

// MARK: The charges

/// How many stuck charges the page lists.
private let stuckLimit = 20

/// The charges, those that wait for the gateway first.
private func homePage(_ request: Request, _ snapshot: Snapshot) throws -> WebPage {
  let figures = Figures(try snapshot.stateTotals(), balance: try snapshot.trialBalance())
  let charges = try snapshot.charges(try request.page(by: Identifier.self))
  let stuck = try snapshot.stuckCharges(limit: stuckLimit).map(ChargeRow.init)
  let stuckCount = try snapshot.stuckChargeCount()
  var values: [String: Any] = [
    "figures": figures, "charges": charges.items.map(ChargeRow.init),
    "hasCharges": !charges.items.isEmpty, "stuck": stuck, "hasStuck": !stuck.isEmpty,
    "stuckCount": stuckCount.shown,
  ]
  if stuck.count < stuckCount { values["stuckShown"] = stuck.count }
  values["next"] = charges.next
  var page = try WebPage("home", title: figures.title, values: values, in: snapshot)
  page.path = "/"
  page.news = try snapshot.lastSettled().map { ChargeRow($0).news } ?? ""
  page.reloads = true
  return page
}

/// The figures and the last charges, for a frame of Overlord's page.
private func pane(_ snapshot: Snapshot) throws -> WebPage {
  let totals = try snapshot.stateTotals()
  let figures = Figures(totals, balance: try snapshot.trialBalance())
  let charges = try snapshot.charges(PageRequest<Identifier>(limit: PaneRows.limit)).items
    .map(ChargeRow.init)
  let values: [String: Any] = [
    "figures": figures, "charges": charges, "hasCharges": !charges.isEmpty,
    "rows": PaneRows(of: totals.reduce(0) { $0 + $1.charges }),
  ]
  var page = try WebPage("pane", title: figures.title, values: values, in: snapshot)
  page.isPane = true
  page.isAnnouncedAround = true
  page.news = try snapshot.lastSettled().map { ChargeRow($0).news } ?? ""
  page.reloads = true
  return page
}

/// The four numbers: what was collected, the fees in it, how many charges, and how many wait.
private struct Figures {
  let collected: String
  let fees: String
  let charged: String
  let declined: String
  let open: String
  /// What the open charges come to; nil without any.
  let openTotal: String?
  let balanced: Bool
  /// The title, which names what waits.
  let title: String

  init(_ totals: [StateTotals], balance: TrialBalance) {
    func count(_ state: Charge.State) -> Int {
      totals.filter { $0.state == state }.reduce(0) { $0 + $1.charges }
    }
    collected = Self.sums(of: .cash, in: balance) ?? "nothing yet"
    fees = Self.sums(of: .fees, in: balance) ?? "none yet"
    charged = count(.charged).shown
    declined = count(.declined).shown
    open = count(.intended).shown
    let waiting = totals.filter { $0.state == .intended }.map(\.total)
    openTotal = waiting.isEmpty ? nil : Self.text(waiting)
    balanced = balance.balanced
    title =
      switch count(.intended) {
      case 0: "Charges"
      case 1: "1 open charge"
      default: "\(open) open charges"
      }
  }

  /// The amount of an account in each currency; nil where nothing is booked.
  private static func sums(of account: Posting.Account, in balance: TrialBalance) -> String? {
    let lines = balance.accounts.filter { $0.account == account }
    return lines.isEmpty
      ? nil : text(lines.map { Money(amount: abs($0.balance), currency: $0.currency) })
  }

  /// Amounts, those of one currency together.
  private static func text(_ amounts: [Money]) -> String {
    let sums = Dictionary(grouping: amounts, by: \.currency).mapValues {
      $0.reduce(0) { $0 + $1.amount }
    }
    return sums.sorted { $0.key.code < $1.key.code }
      .map { Money(amount: $0.value, currency: $0.key).shown }.joined(separator: ", ")
  }
}

private struct ChargeRow {
  let charge: Charge
  let total: String
  let fee: String
  let order: ShownIdentifier
  let request: ShownIdentifier
  let state: String
  /// The class of the state's colour.
  let tone: String
  /// Why it was declined; nil where it was not.
  let reason: String?
  /// How often the gateway was asked in vain, and when it is asked again; nil where it answered.
  let attempts: String?
  let nextTry: Timestamp?

  init(_ charge: Charge) {
    self.charge = charge
    total = charge.total.shown
    fee = charge.fee?.shown ?? "unknown"
    order = ShownIdentifier(charge.orderId)
    request = ShownIdentifier(charge.work.id)
    let times = charge.attempts == 1 ? "1 attempt failed" : "\(charge.attempts) attempts failed"
    let isStuck = charge.state == .intended && charge.attempts > 0
    attempts = isStuck ? "\(times)" : nil
    nextTry = isStuck ? charge.dueAt : nil
    reason = charge.state == .declined ? charge.declineWords : nil
    (state, tone) =
      switch charge.state {
      case .intended: ("pending", "wait")
      case .charged: ("charged", "good")
      case .declined: ("declined", "bad")
      }
  }

  /// The outcome in words, to be announced.
  var news: String { "\(charge.product) for \(total), order \(order.short): \(state)." }
}

extension Charge {
  /// The gateway's reason, with its code where the reason does not name it.
  fileprivate var declineWords: String {
    let code = code ?? "no code"
    let reason = reason ?? "no reason"
    return reason.contains(code) ? reason : "\(code): \(reason)"
  }
}
