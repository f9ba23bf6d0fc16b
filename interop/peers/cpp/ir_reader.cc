// ir_reader REFERENCE [-ORB...]
//
// Asks an object for its interface, reads the interface and everything that it reaches from the interface repository
// behind it, and prints what it read: one line for each definition and member, the interface first. It goes from
// definition to definition by their attributes, through what stands beside the interface in its module too (constants, value
// types, typedefs), looks everything up again by id and by name, and compares what the type codes
// and descriptions say; what does not agree is a line that begins with FAIL.

// Before the headers: the repository is not in them otherwise.
#define ENABLE_CLIENT_IR_SUPPORT
#include <omniORB4/CORBA.h>
#include <omniORB4/dynAny.h>

#include <iostream>
#include <map>
#include <sstream>
#include <string>

namespace {

using std::string;

class Reader {
public:
    explicit Reader(CORBA::InterfaceDef_ptr interface) : interface_(CORBA::InterfaceDef::_duplicate(interface)) {
        repository_ = interface_->containing_repository();
    }

    void read() {
        CORBA::String_var id = interface_->id();
        tell_interface(interface_.in());
        tell_neighbours();
        // What is told may name more, which is behind it in the map or before it.
        while (!waiting_.empty()) {
            auto next = waiting_.begin();
            string name = next->first;
            CORBA::Contained_var definition = next->second;
            waiting_.erase(next);
            told_[name] = "";
            told_[name] = definition_text(definition.in());
        }
        for (auto& [name, text] : told_)
            std::cout << text;
        writing_is_refused();
    }

private:
    // The name of a type; a definition that is met for the first time will be told.
    string type_name(CORBA::IDLType_ptr type) {
        static const char* const primitives[] = {
            "null", "void", "short", "long", "unsigned short", "unsigned long", "float", "double", "boolean", "char",
            "octet", "any", "TypeCode", "Principal", "string", "Object", "long long", "unsigned long long",
            "long double", "wchar", "wstring", "ValueBase"};
        switch (type->def_kind()) {
        case CORBA::dk_Primitive: {
            CORBA::PrimitiveDef_var primitive = CORBA::PrimitiveDef::_narrow(type);
            CORBA::PrimitiveDef_var same = repository_->get_primitive(primitive->kind());
            expect(same->_is_equivalent(primitive), "a primitive type is one object");
            return primitives[primitive->kind()];
        }
        case CORBA::dk_String: {
            CORBA::StringDef_var bounded = CORBA::StringDef::_narrow(type);
            return "string<" + std::to_string(bounded->bound()) + ">";
        }
        case CORBA::dk_Wstring: {
            CORBA::WstringDef_var bounded = CORBA::WstringDef::_narrow(type);
            return "wstring<" + std::to_string(bounded->bound()) + ">";
        }
        case CORBA::dk_Fixed: {
            CORBA::FixedDef_var fixed = CORBA::FixedDef::_narrow(type);
            return "fixed<" + std::to_string(fixed->digits()) + ", " + std::to_string(fixed->scale()) + ">";
        }
        case CORBA::dk_Sequence: {
            CORBA::SequenceDef_var sequence = CORBA::SequenceDef::_narrow(type);
            CORBA::IDLType_var element = sequence->element_type_def();
            CORBA::TypeCode_var of_element = element->type(), of_sequence = sequence->element_type();
            expect(of_element->equivalent(of_sequence), "the element's type code");
            string bound = sequence->bound() ? ", " + std::to_string(sequence->bound()) : "";
            return "sequence<" + type_name(element) + bound + ">";
        }
        case CORBA::dk_Array: {
            CORBA::ArrayDef_var array = CORBA::ArrayDef::_narrow(type);
            CORBA::IDLType_var element = array->element_type_def();
            return type_name(element) + "[" + std::to_string(array->length()) + "]";
        }
        default: {
            CORBA::Contained_var contained = CORBA::Contained::_narrow(type);
            return defined_name(contained.in());
        }
        }
    }

    string defined_name(CORBA::Contained_ptr contained) {
        CORBA::String_var name = contained->absolute_name();
        CORBA::String_var id = contained->id();
        CORBA::Contained_var by_id = repository_->lookup_id(id), by_name = repository_->lookup(name);
        expect(!CORBA::is_nil(by_id) && by_id->_is_equivalent(contained), string("lookup_id of ") + id.in());
        expect(!CORBA::is_nil(by_name) && by_name->_is_equivalent(contained), string("lookup of ") + name.in());
        if (!told_.count(name.in()) && !waiting_.count(name.in()))
            waiting_[name.in()] = CORBA::Contained::_duplicate(contained);
        return name.in();
    }

    void tell_interface(CORBA::InterfaceDef_ptr interface) {
        CORBA::String_var name = interface->absolute_name();
        told_[name.in()] = "";
        std::cout << interface_text(interface);
    }

    // What stands in the same module without being used by anything.
    void tell_neighbours() {
        CORBA::Container_var around = interface_->defined_in();
        for (CORBA::DefinitionKind kind : {CORBA::dk_Constant, CORBA::dk_Value, CORBA::dk_Alias}) {
            CORBA::ContainedSeq_var found = around->contents(kind, true);
            for (CORBA::ULong i = 0; i < found->length(); ++i)
                defined_name(found[i]);
        }
    }

    string interface_text(CORBA::InterfaceDef_ptr interface) {
        std::ostringstream out;
        CORBA::String_var name = interface->absolute_name(), id = interface->id(), version = interface->version();
        bool is_abstract = interface->def_kind() == CORBA::dk_AbstractInterface;
        out << (is_abstract ? "abstract " : "") << "interface " << name << " " << id << " " << version;
        CORBA::InterfaceDefSeq_var bases = interface->base_interfaces();
        for (CORBA::ULong i = 0; i < bases->length(); ++i) {
            CORBA::String_var base = bases[i]->id();
            expect(interface->is_a(base), string("is_a ") + base.in());
            out << (i ? ", " : " : ") << defined_name(bases[i]);
        }
        out << "\n";
        CORBA::ContainedSeq_var contents = interface->contents(CORBA::dk_all, true);
        for (CORBA::ULong i = 0; i < contents->length(); ++i)
            out << member_text(contents[i]);
        CORBA::InterfaceDef::FullInterfaceDescription_var whole = interface->describe_interface();
        CORBA::ContainedSeq_var operations = interface->contents(CORBA::dk_Operation, false);
        CORBA::ContainedSeq_var attributes = interface->contents(CORBA::dk_Attribute, false);
        expect(whole->operations.length() == operations->length(), "describe_interface: operations");
        expect(whole->attributes.length() == attributes->length(), "describe_interface: attributes");
        expect(string(whole->id) == id.in() && whole->type->kind() == (is_abstract ? CORBA::tk_abstract_interface : CORBA::tk_objref), "describe_interface: id");
        for (CORBA::ULong i = 0; i < operations->length(); ++i)
            compare(whole->operations[i], operations[i]);
        return out.str();
    }

    void compare(const CORBA::OperationDescription& said, CORBA::Contained_ptr object) {
        CORBA::OperationDef_var operation = CORBA::OperationDef::_narrow(object);
        CORBA::Contained::Description_var described = operation->describe();
        const CORBA::OperationDescription* again = nullptr;
        expect(described->kind == CORBA::dk_Operation && (described->value >>= again), "describe of an operation");
        if (!again)
            return;
        bool same = string(said.name) == string(again->name) && said.mode == again->mode &&
                    said.result->equal(again->result) && said.parameters.length() == again->parameters.length() &&
                    said.exceptions.length() == again->exceptions.length();
        for (CORBA::ULong i = 0; same && i < said.parameters.length(); ++i)
            same = said.parameters[i].type->equal(again->parameters[i].type);
        expect(same, string("the two descriptions of ") + said.name.in());
    }

    string member_text(CORBA::Contained_ptr member) {
        CORBA::String_var name = member->name();
        std::ostringstream out;
        CORBA::Container_var container = member->defined_in();
        CORBA::ContainedSeq_var found = container->lookup_name(name, 1, CORBA::dk_all, true);
        expect(found->length() == 1 && found[0u]->_is_equivalent(member), string("lookup_name of ") + name.in());
        switch (member->def_kind()) {
        case CORBA::dk_Attribute: {
            CORBA::AttributeDef_var attribute = CORBA::AttributeDef::_narrow(member);
            CORBA::IDLType_var type = attribute->type_def();
            out << "  " << (attribute->mode() == CORBA::ATTR_READONLY ? "readonly " : "") << "attribute "
                << type_name(type) << " " << name << "\n";
            break;
        }
        case CORBA::dk_Operation: {
            CORBA::OperationDef_var operation = CORBA::OperationDef::_narrow(member);
            CORBA::IDLType_var result = operation->result_def();
            CORBA::TypeCode_var of_result = result->type(), code = operation->result();
            expect(code->equal(of_result), string("the result of ") + name.in());
            out << "  " << (operation->mode() == CORBA::OP_ONEWAY ? "oneway " : "") << type_name(result) << " " << name
                << "(";
            CORBA::ParDescriptionSeq_var parameters = operation->params();
            for (CORBA::ULong i = 0; i < parameters->length(); ++i) {
                static const char* const modes[] = {"in ", "out ", "inout "};
                CORBA::ParameterDescription& parameter = parameters[i];
                out << (i ? ", " : "") << modes[parameter.mode] << type_name(parameter.type_def) << " "
                    << parameter.name;
            }
            out << ")";
            CORBA::ExceptionDefSeq_var exceptions = operation->exceptions();
            for (CORBA::ULong i = 0; i < exceptions->length(); ++i)
                out << (i ? ", " : " raises ") << defined_name(exceptions[i]);
            out << "\n";
            break;
        }
        default:
            defined_name(member);
        }
        return out.str();
    }

    string definition_text(CORBA::Contained_ptr definition) {
        CORBA::String_var name = definition->absolute_name(), id = definition->id();
        string head = string(name.in()) + " " + id.in();
        std::ostringstream out;
        switch (definition->def_kind()) {
        case CORBA::dk_AbstractInterface:
        case CORBA::dk_Interface: {
            CORBA::InterfaceDef_var interface = CORBA::InterfaceDef::_narrow(definition);
            return interface_text(interface);
        }
        case CORBA::dk_Struct: {
            CORBA::StructDef_var type = CORBA::StructDef::_narrow(definition);
            CORBA::StructMemberSeq_var members = type->members();
            CORBA::TypeCode_var code = type->type();
            expect(code->kind() == CORBA::tk_struct && code->member_count() == members->length(), head);
            out << "struct " << head << "\n" << members_text(members);
            break;
        }
        case CORBA::dk_Exception: {
            CORBA::ExceptionDef_var type = CORBA::ExceptionDef::_narrow(definition);
            CORBA::StructMemberSeq_var members = type->members();
            out << "exception " << head << "\n" << members_text(members);
            break;
        }
        case CORBA::dk_Enum: {
            CORBA::EnumDef_var type = CORBA::EnumDef::_narrow(definition);
            CORBA::EnumMemberSeq_var members = type->members();
            out << "enum " << head;
            for (CORBA::ULong i = 0; i < members->length(); ++i)
                out << " " << members[i];
            out << "\n";
            break;
        }
        case CORBA::dk_Union: {
            CORBA::UnionDef_var type = CORBA::UnionDef::_narrow(definition);
            CORBA::IDLType_var discriminator = type->discriminator_type_def();
            CORBA::UnionMemberSeq_var members = type->members();
            CORBA::TypeCode_var code = type->type();
            expect(code->kind() == CORBA::tk_union && code->member_count() == members->length(), head);
            out << "union " << head << " switch " << type_name(discriminator) << "\n";
            for (CORBA::ULong i = 0; i < members->length(); ++i) {
                CORBA::TypeCode_var label = members[i].label.type();
                out << (label->kind() == CORBA::tk_octet ? "  default: " : "  case: ")
                    << type_name(members[i].type_def) << " " << members[i].name << "\n";
            }
            break;
        }
        case CORBA::dk_Alias: {
            CORBA::AliasDef_var type = CORBA::AliasDef::_narrow(definition);
            CORBA::IDLType_var original = type->original_type_def();
            out << "typedef " << head << " " << type_name(original) << "\n";
            break;
        }
        case CORBA::dk_ValueBox: {
            CORBA::ValueBoxDef_var type = CORBA::ValueBoxDef::_narrow(definition);
            CORBA::IDLType_var original = type->original_type_def();
            out << "valuebox " << head << " " << type_name(original) << "\n";
            break;
        }
        case CORBA::dk_Constant: {
            CORBA::ConstantDef_var constant = CORBA::ConstantDef::_narrow(definition);
            CORBA::IDLType_var type = constant->type_def();
            CORBA::TypeCode_var code = constant->type(), of_type = type->type();
            CORBA::Any_var value = constant->value();
            CORBA::TypeCode_var of_value = value->type();
            expect(code->equivalent(of_type) && code->equivalent(of_value), "the type of " + head);
            CORBA::Contained::Description_var described = constant->describe();
            const CORBA::ConstantDescription* again = nullptr;
            expect((described->value >>= again) && constant_text(again->value) == constant_text(value.in()), head);
            out << "const " << head << " " << type_name(type) << " " << constant_text(value.in()) << "\n";
            break;
        }
        case CORBA::dk_Value: {
            CORBA::ValueDef_var type = CORBA::ValueDef::_narrow(definition);
            CORBA::ValueDef_var base = type->base_value();
            out << "valuetype " << head << (type->is_custom() ? " custom" : "")
                << (type->is_abstract() ? " abstract" : "") << (type->is_truncatable() ? " truncatable" : "");
            if (!CORBA::is_nil(base))
                out << " : " << defined_name(base);
            CORBA::ValueDef::FullValueDescription_var whole = type->describe_value();
            CORBA::ValueDefSeq_var abstract_bases = type->abstract_base_values();
            expect(whole->abstract_base_values.length() == abstract_bases->length(), "the abstract bases of " + head);
            for (CORBA::ULong i = 0; i < abstract_bases->length(); ++i) {
                CORBA::String_var base_id = abstract_bases[i]->id();
                expect(type->is_a(base_id), head + " is_a " + base_id.in());
                out << " abstract " << defined_name(abstract_bases[i]);
            }
            CORBA::InterfaceDefSeq_var supported = type->supported_interfaces();
            expect(whole->supported_interfaces.length() == supported->length(), "what is supported by " + head);
            for (CORBA::ULong i = 0; i < supported->length(); ++i)
                out << " supports " << defined_name(supported[i]);
            out << "\n";
            for (CORBA::DefinitionKind kind : {CORBA::dk_Attribute, CORBA::dk_Operation}) {
                CORBA::ContainedSeq_var operations = type->contents(kind, true);
                for (CORBA::ULong i = 0; i < operations->length(); ++i)
                    out << member_text(operations[i]);
                CORBA::ContainedSeq_var inherited = type->contents(kind, false);
                expect(inherited->length() == (kind == CORBA::dk_Operation ? whole->operations.length()
                                                                           : whole->attributes.length()),
                       "what is inherited by " + head);
            }
            CORBA::InitializerSeq_var initializers = type->initializers();
            for (CORBA::ULong i = 0; i < initializers->length(); ++i)
                out << "  factory " << initializers[i].name << "\n" << members_text(initializers[i].members, "    ");
            CORBA::ContainedSeq_var members = type->contents(CORBA::dk_ValueMember, true);
            for (CORBA::ULong i = 0; i < members->length(); ++i) {
                CORBA::ValueMemberDef_var member = CORBA::ValueMemberDef::_narrow(members[i]);
                CORBA::String_var member_name = member->name();
                CORBA::IDLType_var of = member->type_def();
                out << "  " << (member->access() == CORBA::PUBLIC_MEMBER ? "public " : "private ") << type_name(of)
                    << " " << member_name << "\n";
            }
            expect(string(whole->id) == id.in() && whole->members.length() >= members->length(), head);
            break;
        }
        default:
            out << "other " << head << "\n";
        }
        return out.str();
    }

    // The value of a constant as people read it.
    static string constant_text(const CORBA::Any& value) {
        CORBA::Object_var object = orb()->resolve_initial_references("DynAnyFactory");
        DynamicAny::DynAnyFactory_var factory = DynamicAny::DynAnyFactory::_narrow(object);
        DynamicAny::DynAny_var dynamic = factory->create_dyn_any(value);
        CORBA::TypeCode_var code = dynamic->type();
        std::ostringstream out;
        switch (code->kind()) {
        case CORBA::tk_short: out << dynamic->get_short(); break;
        case CORBA::tk_long: out << dynamic->get_long(); break;
        case CORBA::tk_ulonglong: out << dynamic->get_ulonglong(); break;
        case CORBA::tk_octet: out << int(dynamic->get_octet()); break;
        case CORBA::tk_boolean: out << (dynamic->get_boolean() ? "TRUE" : "FALSE"); break;
        case CORBA::tk_char: out << dynamic->get_char(); break;
        case CORBA::tk_double: out << dynamic->get_double(); break;
        case CORBA::tk_string: out << CORBA::String_var(dynamic->get_string()); break;
        case CORBA::tk_wstring: {
            CORBA::WString_var wide = dynamic->get_wstring();
            for (const CORBA::WChar* at = wide; *at; ++at)
                out << char(*at);
            break;
        }
        case CORBA::tk_enum: {
            DynamicAny::DynEnum_var enumerator = DynamicAny::DynEnum::_narrow(dynamic);
            out << CORBA::String_var(enumerator->get_as_string());
            break;
        }
        case CORBA::tk_fixed: {
            DynamicAny::DynFixed_var fixed = DynamicAny::DynFixed::_narrow(dynamic);
            out << CORBA::String_var(fixed->get_value());
            break;
        }
        default: out << "a value of kind " << code->kind();
        }
        dynamic->destroy();
        return out.str();
    }

    // The one that main has made.
    static CORBA::ORB_ptr orb() {
        static int none = 0;
        static CORBA::ORB_var same = CORBA::ORB_init(none, nullptr);
        return same;
    }

    string members_text(const CORBA::StructMemberSeq& members, const char* indent = "  ") {
        std::ostringstream out;
        for (CORBA::ULong i = 0; i < members.length(); ++i) {
            CORBA::TypeCode_var code = members[i].type_def->type();
            expect(code->equal(members[i].type), string("the type of ") + members[i].name.in());
            out << indent << type_name(members[i].type_def) << " " << members[i].name << "\n";
        }
        return out.str();
    }

    // Nothing here can be changed.
    void writing_is_refused() {
        try {
            CORBA::ModuleDef_var module = repository_->create_module("IDL:New:1.0", "New", "1.0");
            expect(false, "create_module is refused");
        } catch (const CORBA::NO_IMPLEMENT&) {
        }
        try {
            interface_->name("Other");
            expect(false, "a new name is refused");
        } catch (const CORBA::NO_IMPLEMENT&) {
        }
        CORBA::Contained_var nothing = repository_->lookup_id("IDL:Nothing:1.0");
        expect(CORBA::is_nil(nothing), "an unknown id is nil");
    }

    static void expect(bool holds, const string& what) {
        if (!holds)
            std::cout << "FAIL " << what << "\n";
    }

    CORBA::InterfaceDef_var interface_;
    CORBA::Repository_var repository_;
    std::map<string, string> told_;
    std::map<string, CORBA::Contained_var> waiting_;
};

} // namespace

int main(int argc, char** argv) {
    try {
        CORBA::ORB_var orb = CORBA::ORB_init(argc, argv);
        if (argc != 2) {
            std::cerr << "ir_reader REFERENCE\n";
            return 2;
        }
        CORBA::Object_var object = orb->string_to_object(argv[1]);
        CORBA::InterfaceDef_var interface = object->_get_interface();
        Reader(interface.in()).read();
        orb->destroy();
        return 0;
    } catch (const CORBA::SystemException& exception) {
        std::cerr << exception._name() << " " << (exception.NP_minorString() ? exception.NP_minorString() : "") << "\n";
    } catch (const CORBA::Exception& exception) {
        std::cerr << exception._name() << "\n";
    }
    return 1;
}
