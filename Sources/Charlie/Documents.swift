// The JSON of Charlie's API: what clients rely on, apart from what Charlie decides with.

import Daemon
import Schema

/// A charge as the API shows it; unknown members are absent.
struct ChargeDocument: Encodable {
  let id: Identifier
  let orderId: Identifier
  let state: String
  let product: String
  let total: Money
  let price: Money?
  let fee: Money?
  let discount: Money?
  let settingsVersion: Int64?
  let code: String?
  let reason: String?
  let attempts: Int
  let at: Timestamp

  init(_ charge: Charge) {
    id = charge.id
    orderId = charge.orderId
    state = charge.state.rawValue
    product = charge.product
    total = charge.total
    price = charge.price
    fee = charge.fee
    discount = charge.discount
    settingsVersion = charge.settingsVersion
    code = charge.code
    reason = charge.reason
    attempts = charge.attempts
    at = charge.at
  }
}

/// A ledger entry as the API shows it.
struct EntryDocument: Encodable {
  let id: Identifier
  let orderId: Identifier
  let at: Timestamp
  let currency: Currency
  let postings: [PostingDocument]

  struct PostingDocument: Encodable {
    let account: String
    let amount: Int64
  }

  init(_ entry: Entry) {
    id = entry.id
    orderId = entry.orderId
    at = entry.at
    currency = entry.currency
    postings = entry.postings.map {
      PostingDocument(account: $0.account.rawValue, amount: $0.amount)
    }
  }
}

/// The trial balance as the API shows it.
struct TrialBalanceDocument: Encodable {
  let accounts: [AccountDocument]
  let total: Int64
  let balanced: Bool

  struct AccountDocument: Encodable {
    let account: String
    let currency: Currency
    let debit: Int64
    let credit: Int64
    let balance: Int64
  }

  init(_ balance: TrialBalance) {
    accounts = balance.accounts.map { line in
      AccountDocument(
        account: line.account.rawValue, currency: line.currency, debit: line.debit,
        credit: line.credit, balance: line.balance)
    }
    total = balance.total
    balanced = balance.balanced
  }
}

/// The fee report as the API shows it.
struct FeeReportDocument: Encodable {
  let fees: [LineDocument]
  let unknown: [OrderDocument]

  init(_ report: FeeReport, in reader: some Reader) throws {
    fees = try report.fees.map { try LineDocument($0, mismatches: try reader.mismatches($0)) }
    unknown =
      report.unknown == 0 ? [] : try reader.ordersOfUnknownFee().map(OrderDocument.init)
  }

  struct LineDocument: Encodable {
    let settingsVersion: Int64
    let state: String
    let fee: Money?
    let orders: Int
    let carried: Money
    let collected: Money
    let declined: Money
    let outstanding: Money
    let mismatches: [OrderDocument]

    fileprivate init(_ line: FeeReport.Line, mismatches: [FeeReport.Order]) throws {
      settingsVersion = line.settingsVersion
      state = line.state.rawValue
      fee = line.fee
      orders = line.orders
      carried = try line.carried()
      collected = line.charged.fees
      declined = line.declined.fees
      outstanding = line.open.fees
      self.mismatches = mismatches.map(OrderDocument.init)
    }
  }

  struct OrderDocument: Encodable {
    let orderId: Identifier
    let state: String
    let total: Money
    let fee: Money?

    init(_ order: FeeReport.Order) {
      orderId = order.orderId
      state = order.state.rawValue
      total = order.total
      fee = order.fee
    }
  }
}
