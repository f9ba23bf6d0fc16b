// echo_server [--with-parent] [--fragment N] [-ORB...]
//
// Serves one Torture::Echo under the object key "echo".

#include "echo_servant.h"
#include "serve.h"

int main(int argc, char** argv) {
    Server server(argc, argv);
    PortableServer::Servant_var<EchoServant> servant(new EchoServant());
    CORBA::Object_var echo = server.serve_under_key("echo", servant.in());
    server.run(echo, [&] { servant->end(); });
    return 0;
}
