// The ledger: double entry, one entry for each charge, and the trial balance of all of them.

import Daemon
import Events
import Journal
import Schema

/// What one charge moved, as the API shows it; its postings sum to zero.
struct Entry: Encodable {
  let id: Identifier
  let orderId: Identifier
  let at: Timestamp
  let currency: Currency
  let postings: [Posting]
}

/// The sum of each account, which together are zero.
struct TrialBalance: Encodable {
  struct Line: Encodable {
    let account: Posting.Account
    let currency: Currency
    let debit: Int64
    let credit: Int64
    /// Debit less credit.
    let balance: Int64
  }

  let accounts: [Line]
  /// The sum of all balances: zero, or the ledger is broken.
  let total: Int64
  let balanced: Bool
}

extension Transaction {
  /// Books a charge.
  func book(_ charge: Charge) throws {
    let entry = identifier()
    try run(
      """
      INSERT INTO entries (id, order_id, currency, at)
      VALUES (\(entry), \(charge.orderId), \(charge.total.currency), \(now))
      """)
    for posting in charge.postings {
      try run(
        """
        INSERT INTO postings (entry_id, account, amount)
        VALUES (\(entry), \(posting.account), \(posting.amount))
        """)
    }
  }
}

extension Reader {
  /// The entries, newest first; those of one order where it is named.
  func entries(of order: Identifier?, _ page: PageRequest<Identifier>) throws -> Page<Entry> {
    let condition: SQL = order.map { "order_id = \($0)" } ?? "1 = 1"
    let entries = try rows("SELECT * FROM entries" + page.newestFirst(by: "id", where: condition))
    return page.cut(try entries.map(entry), by: \.id)
  }

  private func entry(_ row: Row) throws -> Entry {
    let id: Identifier = try row.value("id")
    let postings = try rows(
      "SELECT account, amount FROM postings WHERE entry_id = \(id) ORDER BY amount DESC, account")
    return Entry(
      id: id, orderId: try row.value("order_id"), at: try row.value("at"),
      currency: try row.value("currency"),
      postings: try postings.map {
        Posting(account: try $0.value("account"), amount: try $0.value("amount"))
      })
  }

  /// The trial balance of the whole ledger.
  func trialBalance() throws -> TrialBalance {
    let lines = try rows(
      """
      SELECT account, currency,
        sum(CASE WHEN amount > 0 THEN amount ELSE 0 END) AS debit,
        sum(CASE WHEN amount < 0 THEN -amount ELSE 0 END) AS credit
      FROM postings JOIN entries ON entries.id = postings.entry_id
      GROUP BY account, currency ORDER BY currency, account
      """
    ).map { row in
      let (debit, credit): (Int64, Int64) = (try row.value("debit"), try row.value("credit"))
      return TrialBalance.Line(
        account: try row.value("account"), currency: try row.value("currency"), debit: debit,
        credit: credit, balance: debit - credit)
    }
    let total = lines.reduce(0) { $0 + $1.balance }
    return TrialBalance(accounts: lines, total: total, balanced: total == 0)
  }
}
