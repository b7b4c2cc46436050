// The process of Charlie: everything that it is stands in the room of the same name.

import Charlie
import Daemon

prepareProcess()
await CharlieRoom.main()
