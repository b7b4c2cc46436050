// Charlie's page: the charges, the ledger and the fee report. It shows unknown or pending values in
// words, and never as zero.

import Daemon
import Schema

extension CharlieRoom {
  /// The templates of Charlie's pages.
  static func look() throws -> PageTemplates {
    try PageTemplates(
      "Charlie",
      navigation: [
        PageTemplates.Link("Charges", path: "/#charges"),
        PageTemplates.Link("Ledger", path: "/#ledger"),
        PageTemplates.Link("Fees", path: "/#fees"),
      ],
      templates: ["home": PackageResources.home_mustache])
  }

  static func pages(_ look: PageTemplates) -> [Route] {
    [
      .query("/", takes: .newestFirst) { request, snapshot in
        try look.html(
          try WebPage(
            "home", title: "Charges and ledger", values: try homePage(request, snapshot),
            in: snapshot))
      }
    ]
  }
}

// MARK: The content of the page

private let entryLimit = 20

private func homePage(_ request: Request, _ snapshot: Snapshot) throws -> [String: Any] {
  let charges = try snapshot.charges(try request.page(by: Identifier.self))
  let balance = try snapshot.trialBalance()
  let entries = try snapshot.entries(of: nil, PageRequest(limit: entryLimit)).items
  var page: [String: Any] = [
    "charges": charges.items.map(ChargeRow.init), "hasCharges": !charges.items.isEmpty,
    "balanced": balance.balanced, "accounts": balance.accounts.map(AccountRow.init),
    "entries": entries.map(EntryRows.init), "hasEntries": !entries.isEmpty, "limit": entryLimit,
  ]
  page["next"] = charges.next
  return page.merging(feePart(try snapshot.feeReport())) { $1 }
}

private func feePart(_ report: FeeReport) -> [String: Any] {
  let mismatches = report.fees.flatMap { line in
    line.mismatches.map { Mismatch(version: line.settingsVersion, order: $0) }
  }
  return [
    "fees": report.fees.map(FeeRow.init),
    "mismatches": mismatches, "hasMismatches": !mismatches.isEmpty,
    "unknown": report.unknown, "hasUnknown": !report.unknown.isEmpty,
  ]
}

private struct ChargeRow {
  let charge: Charge
  let state: String

  init(_ charge: Charge) {
    self.charge = charge
    state =
      switch charge.state {
      case .intended where charge.attempts == 0: "pending"
      case .intended:
        "pending, asked in vain \(charge.attempts) time\(charge.attempts == 1 ? "" : "s")"
      case .charged: "charged"
      case .declined: "declined (\(charge.code ?? "no code")): \(charge.reason ?? "no reason")"
      }
  }
}

private struct AccountRow {
  let account: Posting.Account
  let debit: Money
  let credit: Money
  let balance: Money

  init(_ line: TrialBalance.Line) {
    func money(_ amount: Int64) -> Money { Money(amount: amount, currency: line.currency) }
    account = line.account
    debit = money(line.debit)
    credit = money(line.credit)
    balance = money(line.balance)
  }
}

private struct EntryRows {
  let orderId: Identifier
  let at: Timestamp
  let postings: [PostingRow]

  init(_ entry: Entry) {
    orderId = entry.orderId
    at = entry.at
    postings = entry.postings.map { PostingRow($0, in: entry.currency) }
  }
}

private struct PostingRow {
  let account: Posting.Account
  let debit: String
  let credit: String

  init(_ posting: Posting, in currency: Currency) {
    let amount = Money(amount: abs(posting.amount), currency: currency).formatted
    account = posting.account
    debit = posting.amount > 0 ? amount : ""
    credit = posting.amount > 0 ? "" : amount
  }
}

private struct FeeRow {
  let line: FeeReport.Line
  let state: String

  init(_ line: FeeReport.Line) {
    self.line = line
    state =
      switch line.state {
      case .matched: "matched"
      case .mismatched: "mismatched: \(line.mismatches.count) of the orders carried another fee"
      case .pending: "pending: Charlie has not received this version yet"
      }
  }
}

private struct Mismatch {
  let version: Int64
  let order: FeeReport.Order
}
