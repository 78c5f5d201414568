use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Error, Member, Result, Type, parse_quote};

use crate::record::Record;

#[allow(clippy::too_many_lines, reason = "most of them are quoted")]
pub(crate) fn derive(record: &Record<'_>) -> Result<TokenStream> {
    let replica = replica(record)?;
    let name = &record.input.ident;
    let (generics, arguments, _) = record.generics().split_for_impl();
    let causal = quote!(::glomers_crdt::causal);
    let derived = quote!(#causal::__derived);
    let (store, view) = (quote!(#causal::Store<#replica>), quote!(#derived::View<#replica>));
    let mut bounds = record.bounds(&store);
    bounds.predicates.push(parse_quote!(#replica: ::core::cmp::Ord + ::core::clone::Clone));
    let members: Vec<_> = record.members().collect();
    let of: Vec<_> = record.fields.iter().map(|(_, field)| &field.ty).collect();
    let payload = of.iter().rev().fold(
        quote!(#causal::NoField),
        |rest, of| quote!(#causal::OneOf<<#of as #view>::Payload, #rest>),
    );
    let list = |each: &dyn Fn(usize) -> TokenStream| {
        (0..of.len()).rev().map(each).fold(quote!(()), |rest, first| quote!((#first, #rest)))
    };
    let types = list(&|at| {
        let of = of[at];
        quote!(&#of)
    });
    let fields = list(&|at| {
        let member = members[at];
        quote!(&self.#member)
    });
    let fields_mut = list(&|at| {
        let member = members[at];
        quote!(&mut self.#member)
    });
    let (all, all_mut) =
        (quote!(#derived::Fields<#replica>), quote!(#derived::FieldsMut<#replica>));
    let each = (0..of.len()).map(|at| {
        let (of, member) = (of[at], members[at]);
        let (first, rest) = (quote!(#causal::OneOf::First), quote!(#causal::OneOf::Rest));
        let value = Record::nested(at, &first, &rest, &quote!(value));
        quote! {
            #[automatically_derived]
            impl #generics #causal::Field<#at, #replica> for #name #arguments #bounds {
                type Of = #of;

                fn field(&self) -> &#of {
                    &self.#member
                }

                fn wrap(value: <#of as #view>::Payload) -> <Self as #view>::Payload {
                    #value
                }
            }
        }
    });
    let edits = record.fields.iter().zip(0_usize..).map(|((member, field), at)| {
        let (of, visibility) = (&field.ty, &field.vis);
        let (edit, told) = match member {
            Member::Named(member) => (format_ident!("edit_{member}"), format!("`{member}`")),
            Member::Unnamed(at) => {
                (format_ident!("edit_{}", at.index), format!("number {}", at.index))
            }
        };
        let told = format!("Does what `edit` makes of the field {told}.");
        quote! {
            #[doc = #told]
            #[allow(dead_code, reason = "not every field need be edited by itself")]
            #visibility fn #edit(
                &self,
                edit: impl for<'store> FnOnce(
                    &'store #of,
                ) -> #causal::Edit<'store, #replica, <#of as #view>::Payload>,
            ) -> #causal::Edit<'_, #replica, <Self as #view>::Payload> {
                <Self as #store>::edit_field::<#at>(self, edit)
            }
        }
    });
    Ok(quote! {
        #[automatically_derived]
        impl #generics #store for #name #arguments #bounds {}

        #[automatically_derived]
        impl #generics #view for #name #arguments #bounds {
            type Payload = #payload;

            fn twins(
                ours: &Self::Payload,
                theirs: &Self::Payload,
            ) -> #derived::Twins<Self::Payload> {
                <#types as #all>::twins(ours, theirs)
            }

            fn apply(
                &mut self,
                changes: #derived::Changes<#replica, Self::Payload>,
                _: #derived::From<'_, Self, #replica>,
            ) {
                <_ as #all_mut>::apply(#fields_mut, changes);
            }

            fn dots(&self, each: &mut dyn FnMut(&::glomers_crdt::Dot<#replica>)) {
                <_ as #all>::dots(&#fields, each);
            }

            fn is_dead(&self) -> bool {
                <_ as #all>::is_dead(&#fields)
            }

            fn compact(
                &self,
                stable: &#derived::Stable<#replica>,
            ) -> #derived::Fates<#replica, Self::Payload> {
                <_ as #all>::compact(&#fields, stable)
            }
        }

        #(#each)*

        #[automatically_derived]
        impl #generics #name #arguments #bounds {
            #(#edits)*
        }
    })
}

/// The type that names replicas: what the attribute says, or the parameter `R`.
pub(crate) fn replica(record: &Record<'_>) -> Result<Type> {
    let mut replica = None;
    for attribute in record.input.attrs.iter().filter(|it| it.path().is_ident("store")) {
        attribute.parse_nested_meta(|meta| {
            if !meta.path.is_ident("replica") {
                return Err(meta.error("only `replica` is known here"));
            }
            replica = Some(meta.value()?.parse()?);
            Ok(())
        })?;
    }
    let parameter = record.generics().type_params().find(|parameter| parameter.ident == "R");
    let parameter = parameter.map(|parameter| {
        let name = &parameter.ident;
        parse_quote!(#name)
    });
    replica.or(parameter).ok_or_else(|| {
        let told =
            "which type names replicas? Call the parameter `R`, or say `#[store(replica = …)]`";
        Error::new_spanned(&record.input.ident, told)
    })
}
