// FT-CORBA's FT_REQUEST, which omniORB knows nothing of, by one of its interceptors: the identity of a request, the same
// however often it is made.

#ifndef FT_REQUEST_H
#define FT_REQUEST_H

#include <omniORB4/CORBA.h>
#include <omniORB4/omniInterceptors.h>

#include <string>
#include <unistd.h>

namespace ft_request {

// What the next calls are.
inline CORBA::Long retention_id = 0;

inline std::string client_id() { return "omniORB client " + std::to_string(getpid()); }

inline CORBA::Boolean send_request(omni::omniInterceptors::clientSendRequest_T::info_T& info) {
    const CORBA::ULong ft_request_context = 13;
    const CORBA::ULongLong never = 0xffffffffffffffffULL;
    cdrEncapsulationStream body(CORBA::ULong(0), CORBA::Boolean(1));
    body.marshalRawString(client_id().c_str());
    retention_id >>= body;
    never >>= body;
    CORBA::ULong at = info.service_contexts.length();
    info.service_contexts.length(at + 1);
    info.service_contexts[at].context_id = ft_request_context;
    body.setOctetSeq(info.service_contexts[at].context_data);
    return 1;
}

// From here on every request says which it is. The broker is initialised.
inline void install() { omniORB::getInterceptors()->clientSendRequest.add(send_request); }

} // namespace ft_request

#endif
