// The ledger as a balance: debits on the left, credits on the right, and the entries of each order.

import Daemon
import Schema

/// The ledger's page.
func ledgerPage(_ request: Request, _ snapshot: Snapshot) throws -> WebPage {
  let balance = try snapshot.trialBalance()
  let entries = try snapshot.entries(of: nil, try request.page(by: Identifier.self))
  let rows = entries.items.map(EntryRow.init)
  var values: [String: Any] = [
    "balanced": balance.balanced, "balances": BalanceSheet.all(of: balance),
    "isEmpty": balance.accounts.isEmpty, "entries": rows, "hasEntries": !rows.isEmpty,
  ]
  values["next"] = entries.next
  var page = try WebPage("ledger", title: "Ledger", values: values, in: snapshot)
  page.path = "/ledger"
  page.news =
    ["The ledger is \(balance.balanced ? "" : "not ")balanced.", rows.first?.news]
    .compactMap(\.self).joined(separator: "\n")
  return page
}

/// The accounts in one currency, which their caption names.
private struct BalanceSheet {
  let currency: String
  let accounts: [AccountRow]
  let debit: String
  let credit: String

  static func all(of balance: TrialBalance) -> [BalanceSheet] {
    Dictionary(grouping: balance.accounts, by: \.currency).sorted { $0.key.code < $1.key.code }
      .map { BalanceSheet($1, in: $0) }
  }

  private init(_ lines: [TrialBalance.Line], in currency: Currency) {
    self.currency = currency.code
    accounts = lines.map(AccountRow.init)
    debit = Money(amount: lines.reduce(0) { $0 + $1.debit }, currency: currency).shownDecimal
    credit = Money(amount: lines.reduce(0) { $0 + $1.credit }, currency: currency).shownDecimal
  }
}

private struct AccountRow {
  let account: Posting.Account
  let meaning: String
  let debit: String
  let credit: String
  let isDebited: Bool
  let isCredited: Bool

  init(_ line: TrialBalance.Line) {
    func text(_ amount: Int64) -> String {
      amount == 0 ? "" : Money(amount: amount, currency: line.currency).shownDecimal
    }
    account = line.account
    debit = text(line.debit)
    credit = text(line.credit)
    isDebited = line.debit != 0
    isCredited = line.credit != 0
    meaning =
      switch line.account {
      case .cash: "what customers have paid"
      case .discounts: "what they were given"
      case .sales: "the prices of what they bought"
      case .fees: "the fees in what they paid"
      case .unallocated: "payments whose parts are not known"
      }
  }
}

/// One entry, folded: its order and what was paid, and its postings below.
private struct EntryRow {
  let id: Identifier
  let order: ShownIdentifier
  let product: String
  let at: Timestamp
  let currency: String
  let total: String
  let postings: [PostingRow]

  init(_ entry: Entry) {
    id = entry.id
    order = ShownIdentifier(entry.orderId)
    product = entry.product ?? "an unknown product"
    at = entry.at
    let cash = entry.postings.filter { $0.account == .cash }.reduce(0) { $0 + $1.amount }
    currency = entry.currency.code
    total = Money(amount: cash, currency: entry.currency).shown
    postings = entry.postings.map { PostingRow($0, in: entry.currency) }
  }

  /// The entry in a sentence, to be announced.
  var news: String { "The newest entry: \(product), \(total), order \(order.short)." }
}

private struct PostingRow {
  let account: Posting.Account
  let debit: String
  let credit: String

  init(_ posting: Posting, in currency: Currency) {
    let amount = Money(amount: abs(posting.amount), currency: currency).shownDecimal
    account = posting.account
    debit = posting.amount > 0 ? amount : ""
    credit = posting.amount > 0 ? "" : amount
  }
}
