// forwarder (REFERENCE | --circle) [--permanent] [--interface REPOSITORY_ID] [--with-parent] [--fragment N] [-ORB...]
//
// Serves, under the object key "forward", an object that forwards every request to REFERENCE; with --circle to
// itself, which a client must notice and give up. The repository id is that of Torture::Echo unless given.

#include "forwarding.h"
#include "serve.h"

#include <cstdio>

int main(int argc, char** argv) {
    Server server(argc, argv);
    bool circle = server.flag("--circle");
    if (server.arguments().empty()) {
        std::fprintf(stderr, "usage: forwarder (REFERENCE | --circle) [--permanent] [--interface ID]\n");
        return 2;
    }
    PortableServer::Servant_var<ForwardingServant> servant(new ForwardingServant(
        server.flag("--permanent"), server.option("--interface", "IDL:Torture/Echo:1.0")));
    CORBA::Object_var own = server.serve_under_key("forward", servant.in());
    if (circle) {
        servant->forward_to(own);
    } else {
        CORBA::Object_var target = server.orb()->string_to_object(server.arguments().front().c_str());
        servant->forward_to(target);
    }
    server.run(own);
    return 0;
}
