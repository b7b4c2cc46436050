// The three containers into which `Encodable` writes.

extension JSONDraft.Node: Encoder {
  var codingPath: [any CodingKey] { key.map { [$0] } ?? [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy _: Key.Type) -> KeyedEncodingContainer<Key> {
    kind = .object
    parts.reserveCapacity(8)
    return KeyedEncodingContainer(JSONDraftMembers(node: self))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    kind = .array
    return JSONDraftElements(node: self)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer { self }

  /// Makes a piece the whole value.
  private func take(_ piece: JSONDraft.Piece) {
    kind = .scalar
    parts = [("", piece)]
  }
}

extension JSONDraft.Node: SingleValueEncodingContainer {
  func encodeNil() { take(draft.scalar { $0.append(json: "null") }) }
  func encode(_ value: Bool) { take(draft.bool(value)) }
  func encode(_ value: String) { take(draft.string(value)) }
  func encode(_ value: Double) throws { take(try draft.number(value, key: key)) }
  func encode(_ value: Float) throws { take(try draft.number(value, key: key)) }
  func encode(_ value: Int) { take(draft.whole(value)) }
  func encode(_ value: Int8) { take(draft.whole(value)) }
  func encode(_ value: Int16) { take(draft.whole(value)) }
  func encode(_ value: Int32) { take(draft.whole(value)) }
  func encode(_ value: Int64) { take(draft.whole(value)) }
  func encode(_ value: UInt) { take(draft.whole(value)) }
  func encode(_ value: UInt8) { take(draft.whole(value)) }
  func encode(_ value: UInt16) { take(draft.whole(value)) }
  func encode(_ value: UInt32) { take(draft.whole(value)) }
  func encode(_ value: UInt64) { take(draft.whole(value)) }
  func encode(_ value: some Encodable) throws { take(try draft.piece(of: value, key: key)) }
}

/// The members of an object.
struct JSONDraftMembers<Key: CodingKey>: KeyedEncodingContainerProtocol {
  let node: JSONDraft.Node

  var codingPath: [any CodingKey] { [] }
  private var draft: JSONDraft { node.draft }

  func encodeNil(forKey key: Key) { add(draft.scalar { $0.append(json: "null") }, for: key) }
  func encode(_ value: String, forKey key: Key) { add(draft.string(value), for: key) }
  func encode(_ value: Bool, forKey key: Key) { add(draft.bool(value), for: key) }
  func encode(_ value: Int, forKey key: Key) { add(draft.whole(value), for: key) }
  func encode(_ value: Int64, forKey key: Key) { add(draft.whole(value), for: key) }
  func encode(_ value: UInt16, forKey key: Key) { add(draft.whole(value), for: key) }
  func encode(_ value: UInt64, forKey key: Key) { add(draft.whole(value), for: key) }

  func encode(_ value: some Encodable, forKey key: Key) throws {
    add(try draft.piece(of: value, key: key), for: key)
  }

  func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key)
    -> KeyedEncodingContainer<Nested>
  {
    nested(key).container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
    nested(key).unkeyedContainer()
  }

  func superEncoder() -> any Encoder { nested(JSONKey("super")) }
  func superEncoder(forKey key: Key) -> any Encoder { nested(key) }

  private func nested(_ key: any CodingKey) -> JSONDraft.Node {
    let child = JSONDraft.Node(in: draft, key: key)
    add(.parts(child), for: key)
    return child
  }

  private func add(_ piece: JSONDraft.Piece, for key: any CodingKey) {
    node.parts.append((key.stringValue, piece))
  }
}

/// The elements of an array.
struct JSONDraftElements: UnkeyedEncodingContainer {
  let node: JSONDraft.Node

  var codingPath: [any CodingKey] { [] }
  private var draft: JSONDraft { node.draft }
  var count: Int { node.parts.count }

  func encodeNil() { add(draft.scalar { $0.append(json: "null") }) }

  func encode(_ value: some Encodable) throws {
    add(try draft.piece(of: value, key: JSONKey(index: count)))
  }

  func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type)
    -> KeyedEncodingContainer<Nested>
  {
    nested().container(keyedBy: type)
  }

  func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { nested().unkeyedContainer() }
  func superEncoder() -> any Encoder { nested() }

  private func nested() -> JSONDraft.Node {
    let child = JSONDraft.Node(in: draft, key: JSONKey(index: count))
    add(.parts(child))
    return child
  }

  private func add(_ piece: JSONDraft.Piece) { node.parts.append(("", piece)) }
}
