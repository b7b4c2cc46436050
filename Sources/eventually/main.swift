// The command line tool: everything that it does stands in the room CommandLineTool. The services
// whose own rules `verify` checks are named here, since rooms do not know one another.

import Charlie
import CommandLineTool
import Daemon

prepareProcess()
await Eventually.start(checking: [CharlieRoom.self])
