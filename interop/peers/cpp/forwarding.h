// A servant without an interface of its own: it answers each request, whatever the operation, with the
// reference of another object (LOCATION_FORWARD, or LOCATION_FORWARD_PERM, which GIOP 1.2 alone has).

#pragma once

#include <omniORB4/CORBA.h>

#include <string>

class ForwardingServant : public virtual PortableServer::ServantBase {
public:
    // repository_id is the interface that the forwarding object's own reference claims to have.
    ForwardingServant(bool permanent, std::string repository_id)
        : permanent_(permanent), repository_id_(std::move(repository_id)) {}

    // Must be called before the servant serves.
    void forward_to(CORBA::Object_ptr target) { target_ = CORBA::Object::_duplicate(target); }

    _CORBA_Boolean _dispatch(omniCallHandle&) override {
        // The exception consumes the reference it carries.
        throw omniORB::LOCATION_FORWARD(CORBA::Object::_duplicate(target_.in()), permanent_);
    }

    const char* _mostDerivedRepoId() override { return repository_id_.c_str(); }
    void* _ptrToInterface(const char*) override { return nullptr; }

    omniObjRef* _do_get_interface() override {
        throw CORBA::INTF_REPOS(0, CORBA::COMPLETED_NO);
    }

private:
    CORBA::Object_var target_;
    const bool permanent_;
    const std::string repository_id_;
};
