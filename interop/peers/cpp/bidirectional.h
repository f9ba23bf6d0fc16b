// An object adapter whose objects may be called, and may call, over connections that the other side has opened.

#pragma once

#include <omniORB4/CORBA.h>

// A new child of root. Its objects are activated by ids of the caller's choice.
inline PortableServer::POA_ptr bidirectional_adapter(CORBA::ORB_ptr orb, PortableServer::POA_ptr root) {
    CORBA::Any both;
    both <<= BiDirPolicy::BOTH;
    CORBA::PolicyList policies;
    policies.length(2);
    policies[0] = orb->create_policy(BiDirPolicy::BIDIRECTIONAL_POLICY_TYPE, both);
    policies[1] = root->create_id_assignment_policy(PortableServer::USER_ID);
    return root->create_POA("bidirectional", PortableServer::POAManager::_nil(), policies);
}
