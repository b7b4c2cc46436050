import Events

extension Connection {
  /// The service of the journal; nil before it was founded.
  var owner: String? {
    get throws {
      try rows("SELECT service FROM journal WHERE id = 1").first?.value("service")
    }
  }

  /// Makes the journal's own row: an empty log with a history of its own; nothing where another replica
  /// has made it meanwhile.
  func found(_ service: String, epoch: Epoch) throws {
    try run(
      """
      INSERT INTO journal
      (id, service, epoch, sequence, chain, committed_at, floor, floor_chain, starts)
      VALUES (1, \(service), \(epoch), 0, \(Chain.zero), 0, 1, \(Chain.zero), 0)
      ON CONFLICT (id) DO NOTHING
      """)
    try run(
      """
      INSERT INTO lineage (epoch, sequence, chain)
      SELECT epoch, sequence, chain FROM journal WHERE NOT EXISTS (SELECT 1 FROM lineage)
      """)
  }

  /// Counts a start, which is a write: its commit is durable, and so is all that came before.
  func countStart() throws {
    try run("UPDATE journal SET starts = starts + 1 WHERE id = 1")
  }

  /// Writes as much as shows that writing is possible, and changes nothing.
  func tryToWrite() throws {
    try run("UPDATE journal SET starts = starts WHERE id = 1")
  }
}
