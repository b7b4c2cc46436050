import Events

extension ConfigurationTable {
  /// The output of `--manual`: the daemon's page in section 8, in mdoc.
  func manual(_ program: String) -> String {
    """
    .Dd $Mdocdate$
    .Dt \(program.uppercased()) 8
    .Os Eventually
    .Sh NAME
    .Nm \(program)
    .Nd the daemon of the service \(service)
    .Sh SYNOPSIS
    .Nm
    .Op Ar option ...
    .Sh DESCRIPTION
    The daemon serves \(service) over HTTP, keeps its journal, publishes its events and follows
    the events of other services.
    It stays in the foreground, logs to the standard error, and stops at SIGTERM or SIGINT.
    At SIGHUP it reads its configuration again.
    .Pp
    The options are as follows:
    .Bl -tag -width Ds
    \(optionItems)
    .El
    .Ss Keys
    A key is given in a file, in the environment or on the command line.
    The command line goes over the environment, that over the file, that over the default.
    .Pp
    At SIGHUP the same file is read again.
    Keys that are reloadable take effect at once.
    A change of any other key is logged and takes effect at the next start.
    If the configuration has a problem, it is logged and nothing changes.
    .Bl -tag -width Ds
    \(keyItems)
    .El
    \(files)
    .Sh EXIT STATUS
    0 after a signal; 1 after a failure, when a restart may help; 64 for an option that is
    malformed; 78 for a problem of the configuration, when a restart does not help.
    .Sh EXAMPLES
    .Bd -literal -offset indent
    \(examples(program).map(\.inManual).joined(separator: "\n"))
    .Ed
    .Sh SEE ALSO
    .Xr eventually 1
    """
  }

  private var files: String {
    """
    .Sh FILES
    .Bl -tag -width Ds
    .It Pa /etc/eventually/\(service).yaml
    The configuration file.
    .It Pa /var/lib/eventually/\(service)
    The folder of the journal.
    .It Pa /run/eventually
    The run directory, with the sockets.
    .El
    """
  }

  private var optionItems: String {
    fixed.map { option in
      let words = option.option.split(separator: " ")
      let value = words.count > 1 ? " Ar \(words[1])" : ""
      return ".It Fl \(words[0].dropFirst())\(value)\n\(option.meaning.inManual)"
    }.joined(separator: "\n")
  }

  private var keyItems: String {
    keys.map { key in
      """
      .It Ic \(fullName(key)) , Ev \(variable(key)) , Fl \(flag(key).dropFirst())
      \(key.meaning.inManual)
      .Pq \(key.summary.inManual)
      """
    }.joined(separator: "\n")
  }
}

extension String {
  /// The text as a line of mdoc that has no macro and no escape.
  var inManual: String {
    let text = replacing("\\", with: "\\e")
    return text.hasPrefix(".") || text.hasPrefix("'") ? "\\&" + text : text
  }
}
