//! What becomes of a variable where it is mentioned.

use crate::tree::Node;

/// What a mention of a variable does with its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// Looks at it, calls a method of it, gives it another value.
    Looked,
    /// Passes it to a call, which has done with it when it comes back, or keeps it.
    Lent,
    /// Stores it, returns it, gives it another name, or anything else: it may outlive the function.
    Kept,
}

/// What happens to the value of a variable at `name`: whatever is not known to leave it alone keeps it.
pub fn use_of(name: Node<'_>) -> Use {
    let mut at = name;
    while let Some(parent) = at.parent() {
        let is = |field: &str| {
            let child = parent.child_by_field_name(field);
            child.is_some_and(|child| child.id() == at.id())
        };
        return match parent.kind() {
            "parenthesized_expression" | "condition_clause" | "expression_list" => {
                at = parent;
                continue;
            }
            // `f.read()`, `f->next`, `rows[0]`
            "attribute"
            | "member_expression"
            | "field_access"
            | "member_call_expression"
            | "nullsafe_member_call_expression"
            | "member_access_expression"
            | "nullsafe_member_access_expression"
            | "method_invocation" => looked_if(is("object")),
            "selector_expression" => looked_if(is("operand")),
            "field_expression" => looked_if(is("argument")),
            // `f == NULL`, `f is None`, `not f`, `f && …`
            "comparison_operator" | "not_operator" | "binary_expression" | "boolean_operator" => {
                Use::Looked
            }
            "unary_expression" | "unary_op_expression" => {
                let operator = parent.first_child();
                looked_if(operator.is_some_and(|operator| operator.kind() == "!"))
            }
            "if_statement" | "elif_clause" | "while_statement" | "do_statement" => {
                looked_if(is("condition"))
            }
            "ternary_expression" | "conditional_expression" => looked_if(is("condition")),
            // `for line in f`
            "for_statement" | "for_in_statement" | "for_in_clause" => looked_if(is("right")),
            "enhanced_for_statement" => looked_if(is("value")),
            "assignment"
            | "assignment_expression"
            | "assignment_statement"
            | "short_var_declaration" => looked_if(is("left")),
            "variable_declarator" => looked_if(is("name")),
            "init_declarator" | "declaration" | "pointer_declarator" => looked_if(is("declarator")),
            "var_spec" => looked_if(is("name")),
            "argument_list" | "arguments" | "argument" => Use::Lent,
            "keyword_argument" => {
                if is("value") {
                    Use::Lent
                } else {
                    Use::Looked
                }
            }
            // `with open(path) as f`: another one from here on.
            "expression_statement" | "as_pattern_target" => Use::Looked,
            _ => Use::Kept,
        };
    }
    Use::Kept
}

/// Whether something that the variable's value gives is returned: `return file.getChannel()`.
pub fn gives_a_part(name: Node<'_>) -> bool {
    let mut at = name;
    while let Some(parent) = at.parent() {
        match parent.kind() {
            "attribute"
            | "call"
            | "call_expression"
            | "await"
            | "await_expression"
            | "field_access"
            | "field_expression"
            | "member_access_expression"
            | "member_call_expression"
            | "member_expression"
            | "method_invocation"
            | "selector_expression" => at = parent,
            "return_statement" | "expression_list" => return at.id() != name.id(),
            _ => return false,
        }
    }
    false
}

fn looked_if(looked: bool) -> Use {
    if looked { Use::Looked } else { Use::Kept }
}
