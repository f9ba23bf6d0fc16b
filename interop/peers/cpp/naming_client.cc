// naming_client REFERENCE OBJECT OTHER
//
// Does to a naming service everything that CosNaming has, good and bad, and prints what came of it, a line each: two
// services that are the same to their clients print the same lines. The two objects are what it binds; they must be
// alive, since omniNames calls whatever it is given.

#include <omniORB4/CORBA.h>
#include <omniORB4/Naming.hh>

#include <functional>
#include <iostream>
#include <sstream>
#include <string>

namespace {

// `a/b.k` is the name of two components. There is no escape: what needs one is built otherwise.
CosNaming::Name name_of(const std::string& text) {
    CosNaming::Name name;
    std::istringstream parts(text);
    for (std::string part; std::getline(parts, part, '/');) {
        CORBA::ULong last = name.length();
        name.length(last + 1);
        size_t dot = part.find('.');
        name[last].id = part.substr(0, dot).c_str();
        name[last].kind = dot == std::string::npos ? "" : part.substr(dot + 1).c_str();
    }
    return name;
}

std::string text_of(const CosNaming::Name& name) {
    std::string text;
    for (CORBA::ULong i = 0; i < name.length(); ++i)
        text += std::string(i ? "/" : "") + name[i].id.in() + "." + name[i].kind.in();
    return "[" + text + "]";
}

const char* text_of(CosNaming::NamingContext::NotFoundReason why) {
    switch (why) {
    case CosNaming::NamingContext::missing_node:
        return "missing_node";
    case CosNaming::NamingContext::not_context:
        return "not_context";
    case CosNaming::NamingContext::not_object:
        return "not_object";
    }
    return "?";
}

// Runs a step and prints its result, or the exception that it raised.
void step(const std::string& what, const std::function<std::string()>& run) {
    std::string outcome;
    try {
        outcome = run();
    } catch (const CosNaming::NamingContext::NotFound& raised) {
        outcome = std::string("NotFound ") + text_of(raised.why) + " " + text_of(raised.rest_of_name);
    } catch (const CosNaming::NamingContext::CannotProceed& raised) {
        outcome = std::string("CannotProceed ") + (CORBA::is_nil(raised.cxt) ? "nil " : "") +
                  text_of(raised.rest_of_name);
    } catch (const CosNaming::NamingContext::InvalidName&) {
        outcome = "InvalidName";
    } catch (const CosNaming::NamingContext::AlreadyBound&) {
        outcome = "AlreadyBound";
    } catch (const CosNaming::NamingContext::NotEmpty&) {
        outcome = "NotEmpty";
    } catch (const CosNaming::NamingContextExt::InvalidAddress&) {
        outcome = "InvalidAddress";
    } catch (const CORBA::SystemException& raised) {
        outcome = raised._name();
    }
    std::cout << what << ": " << outcome << std::endl;
}

std::string listed(const CosNaming::BindingList& list) {
    std::string text;
    for (CORBA::ULong i = 0; i < list.length(); ++i)
        text += " " + text_of(list[i].binding_name) +
                (list[i].binding_type == CosNaming::ncontext ? "context" : "object");
    return text;
}

// All bindings of a context, sorted, by lists of `first` and `then`.
std::string everything(CosNaming::NamingContext_ptr context, CORBA::ULong first, CORBA::ULong then) {
    CosNaming::BindingList_var list;
    CosNaming::BindingIterator_var more;
    context->list(first, list.out(), more.out());
    CORBA::ULong count = list->length();
    std::string shape = std::to_string(count);
    if (!CORBA::is_nil(more)) {
        CosNaming::BindingList_var rest;
        while (more->next_n(then, rest.out()))
            count += rest->length();
        CosNaming::Binding_var one;
        shape += more->next_one(one.out()) ? " one more" : " no more";
        more->destroy();
        try {
            more->next_one(one.out());
            shape += " alive";
        } catch (const CORBA::OBJECT_NOT_EXIST&) {
            shape += " destroyed";
        }
    }
    return shape + ", " + std::to_string(count) + " in all";
}

struct Service {
    CORBA::ORB_var orb;
    CosNaming::NamingContextExt_var root;
    CORBA::Object_var object; // what names are bound to
    CORBA::Object_var other;

    std::string which(CORBA::Object_ptr found) {
        if (CORBA::is_nil(found))
            return "nil";
        if (found->_is_equivalent(object))
            return "object";
        return found->_is_equivalent(other) ? "other" : "something else";
    }

    void bind(const std::string& name) {
        step("bind " + name, [&] { root->bind(name_of(name), object); return "done"; });
    }
    void rebind(const std::string& name) {
        step("rebind " + name, [&] { root->rebind(name_of(name), other); return "done"; });
    }
    void resolve(const std::string& name) {
        step("resolve " + name, [&] { CORBA::Object_var found = root->resolve(name_of(name)); return which(found); });
    }
    void unbind(const std::string& name) {
        step("unbind " + name, [&] { root->unbind(name_of(name)); return "done"; });
    }
    void new_context(const std::string& name) {
        step("bind_new_context " + name, [&] {
            CosNaming::NamingContext_var made = root->bind_new_context(name_of(name));
            return CORBA::is_nil(made) ? "nil" : "done";
        });
    }
    CosNaming::NamingContext_ptr context(const std::string& name) {
        CORBA::Object_var found = root->resolve(name_of(name));
        return CosNaming::NamingContext::_narrow(found);
    }
};

void names(Service& service) {
    service.new_context("lab");
    service.new_context("lab");
    service.bind("lab/grid.object");
    service.bind("lab/grid.object");
    service.bind("lab");
    service.resolve("lab/grid.object");
    service.resolve("lab/grid");
    service.resolve("lab/grid.other/x");
    service.resolve("lab/grid.object/x/y");
    service.resolve("nolab/x");
    service.rebind("lab/grid.object");
    service.resolve("lab/grid.object");
    service.rebind("lab/new");
    service.new_context("replaced");
    service.rebind("replaced");
    service.unbind("replaced");
    service.bind("nolab/x");
    service.bind("lab/new/x");
    service.bind("lab/.kind");
    service.resolve("lab/.kind");
    service.unbind("lab/x");
    service.unbind("lab/new");
    service.unbind("nolab/x/y");
    service.resolve("lab/new");
    for (const char* operation : {"bind", "rebind", "resolve", "unbind", "bind_new_context"})
        step(std::string(operation) + " no name", [&] {
            CosNaming::Name none;
            CORBA::Object_var found;
            std::string wanted = operation;
            if (wanted == "bind")
                service.root->bind(none, service.object);
            else if (wanted == "rebind")
                service.root->rebind(none, service.object);
            else if (wanted == "resolve")
                found = service.root->resolve(none);
            else if (wanted == "unbind")
                service.root->unbind(none);
            else
                found = service.root->bind_new_context(none);
            return "done";
        });
}

void contexts(Service& service) {
    step("destroy a context in use", [&] { service.context("lab")->destroy(); return "done"; });
    step("bind_context", [&] {
        CosNaming::NamingContext_var made = service.root->new_context();
        service.root->bind_context(name_of("lab/loose"), made);
        made->bind(name_of("deep"), service.object);
        return "done";
    });
    service.resolve("lab/loose/deep");
    step("bind_context again", [&] {
        CosNaming::NamingContext_var lab = service.context("lab");
        service.root->bind_context(name_of("lab/loose"), lab);
        return "done";
    });
    step("rebind_context", [&] {
        CosNaming::NamingContext_var lab = service.context("lab");
        service.root->rebind_context(name_of("lab/loop"), lab);
        return "done";
    });
    service.resolve("lab/loop/loop/loop/loose/deep");
    step("rebind_context over an object", [&] {
        CosNaming::NamingContext_var lab = service.context("lab");
        service.root->rebind_context(name_of("lab/grid.object"), lab);
        return "done";
    });
    step("bind nil", [&] {
        service.root->bind(name_of("lab/nil"), CORBA::Object::_nil());
        return "done";
    });
    step("rebind_context of nil", [&] {
        service.root->rebind_context(name_of("lab/nil"), CosNaming::NamingContext::_nil());
        return "done";
    });
    service.unbind("lab/loop");
    step("a context as an object is no way", [&] {
        CosNaming::NamingContext_var lab = service.context("lab");
        service.root->bind(name_of("end"), lab);
        CORBA::Object_var found = service.root->resolve(name_of("end/grid.object"));
        return "done";
    });
    service.unbind("end");
    step("destroy an empty context", [&] {
        CosNaming::NamingContext_var loose = service.context("lab/loose");
        loose->unbind(name_of("deep"));
        loose->destroy();
        return loose->_non_existent() ? "gone" : "there";
    });
    service.unbind("lab/loose");
}

void lists(Service& service) {
    for (int i = 0; i < 23; ++i)
        service.root->bind(name_of("lab/n" + std::to_string(i)), service.object);
    for (auto [first, then] : {std::pair<CORBA::ULong, CORBA::ULong>{0, 5}, {5, 5}, {100, 5}, {24, 1}})
        step("list " + std::to_string(first), [&, first = first, then = then] {
            CosNaming::NamingContext_var lab = service.context("lab");
            return everything(lab, first, then);
        });
    step("next_n of none", [&] {
        CosNaming::NamingContext_var lab = service.context("lab");
        CosNaming::BindingList_var list;
        CosNaming::BindingIterator_var more;
        lab->list(1, list.out(), more.out());
        more->next_n(0, list.out());
        return "done";
    });
    step("list one", [&] {
        CosNaming::BindingList_var list;
        CosNaming::BindingIterator_var more;
        service.root->list(10, list.out(), more.out());
        return listed(list.in()) + (CORBA::is_nil(more) ? "" : " and more");
    });
}

void texts(Service& service) {
    for (const char* text : {"a/b.c", "a", ".", ".k", "a/./b", "a\\.b\\/c\\\\.k", "a//b", "/a", "a/", "a.", "a.b.c", ""})
        step(std::string("to_name ") + text, [&] {
            CosNaming::Name_var name = service.root->to_name(text);
            CORBA::String_var back = service.root->to_string(name);
            return text_of(name.in()) + " " + back.in();
        });
    step("to_string of no name", [&] {
        CORBA::String_var text = service.root->to_string(CosNaming::Name());
        return std::string(text);
    });
    for (const char* address : {":host", "iiop:1.2@host:1/Key", ""})
        step(std::string("to_url ") + address, [&] {
            CORBA::String_var url = service.root->to_url(address, "a b/c.d");
            return std::string(url);
        });
    step("to_url of no name", [&] {
        CORBA::String_var url = service.root->to_url(":host", "a//b");
        return std::string(url);
    });
    for (const char* text : {"lab/grid.object", "lab/x", "lab//x"})
        step(std::string("resolve_str ") + text, [&] {
            CORBA::Object_var found = service.root->resolve_str(text);
            return service.which(found);
        });
}

} // namespace

int main(int argc, char** argv) {
    try {
        Service service;
        service.orb = CORBA::ORB_init(argc, argv);
        if (argc != 4) {
            std::cerr << "usage: naming_client REFERENCE OBJECT OTHER" << std::endl;
            return 2;
        }
        CORBA::Object_var root = service.orb->string_to_object(argv[1]);
        service.root = CosNaming::NamingContextExt::_narrow(root);
        if (CORBA::is_nil(service.root)) {
            std::cerr << "not a NamingContextExt" << std::endl;
            return 1;
        }
        service.object = service.orb->string_to_object(argv[2]);
        service.other = service.orb->string_to_object(argv[3]);
        names(service);
        contexts(service);
        lists(service);
        texts(service);
        service.orb->destroy();
        return 0;
    } catch (const CORBA::Exception& raised) {
        std::cerr << raised._name() << std::endl;
        return 1;
    }
}
