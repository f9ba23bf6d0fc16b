// bench_server [--interface grid|echo] [--with-parent] [--fragment N] [-ORB...]
//
// The servers of a benchmark in one process: a 100 x 100 Grid under the key "grid" and an Echo under "echo". It
// announces the one that was chosen, the Grid by default. At its end it prints what it used of the processor as
// one JSON line.

#include "echo_servant.h"
#include "grid_servant.h"
#include "processor_time.h"
#include "serve.h"

#include <cstdio>

int main(int argc, char** argv) {
    Server server(argc, argv);
    PortableServer::Servant_var<GridServant> grid(new GridServant(100, 100));
    PortableServer::Servant_var<EchoServant> echo(new EchoServant());
    CORBA::Object_var grid_object = server.serve_under_key("grid", grid.in());
    CORBA::Object_var echo_object = server.serve_under_key("echo", echo.in());
    bool announce_echo = server.option("--interface", "grid") == "echo";
    server.run(announce_echo ? echo_object.in() : grid_object.in(), [&] { echo->end(); });
    ProcessorTime used = processor_time();
    std::printf("{\"cpu_user_ns\":%lld,\"cpu_sys_ns\":%lld}\n", used.user_ns, used.sys_ns);
    return 0;
}
